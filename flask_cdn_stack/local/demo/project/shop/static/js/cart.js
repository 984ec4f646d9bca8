const KEY = "corner-tea-cart";

export function items() {
  return JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
}

export function add(name) {
  sessionStorage.setItem(KEY, JSON.stringify([...items(), name]));
}
