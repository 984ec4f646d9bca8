import { add, items } from "./cart.js";

const counter = document.querySelector("[data-cart-count]");

function showCount() {
  counter.textContent = items().length;
}

for (const button of document.querySelectorAll("[data-add]")) {
  button.addEventListener("click", () => {
    add(button.dataset.add);
    showCount();
  });
}

showCount();
document.querySelector("[data-module-host]").textContent = new URL(import.meta.url).host;
document.documentElement.dataset.module = "ran";
