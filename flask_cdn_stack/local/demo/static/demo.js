// Draws what the server says of the shop's files. Text alone is written into the page, never markup.

const token = document.querySelector("meta[name=token]").content;
const body = document.body;
const find = (selector, parent = document) => parent.querySelector(selector);
const rows = new Map();
let shown = "";

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const milliseconds = (seconds) => `${Math.round(seconds * 1000)} ms`;

function bytes(size) {
  return size < 1000 ? `${size} B` : `${(size / 1000).toFixed(1)} kB`;
}

function period(seconds) {
  if (seconds === null) return "asks each time";
  if (seconds === 0) return "0 s";
  const units = [["year", 31536000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, length] = units.find(([, length]) => seconds >= length);
  return count(Math.round(seconds / length), unit);
}

async function act(name, button) {
  if (button?.getAttribute("aria-disabled") === "true") return;
  await fetch(`/actions/${name}`, { method: "POST", headers: { "X-Demo-Token": token } });
}

function drawLane(source, scene) {
  const lane = find(`.lane.${source}`);
  const visit = scene.visits[source];
  const longest = Math.max(0.001, ...Object.values(scene.visits).map((one) => one.seconds));
  const asks = scene.busy && scene.source === source && scene.files.some((file) => !file.seen);
  lane.classList.toggle("asks", Boolean(asks));
  find("input", lane).checked = scene.source === source;
  find(".time", lane).textContent = visit ? milliseconds(visit.seconds) : "\u2013";
  find(".measured", lane).style.width = `${visit ? (100 * visit.measured) / longest : 0}%`;
  find(".away", lane).style.width = `${visit ? (100 * (visit.seconds - visit.measured)) / longest : 0}%`;
  find(".note", lane).textContent = visit ? describe(source, visit, scene.before) : "not asked yet";
}

function describe(source, visit, before) {
  if (source === "app") return `Your app sent ${count(sum(Object.values(visit.results)), "file")}`;
  const was = before ? `. The time before: ${countResults(before)}, ${milliseconds(before.seconds)}` : "";
  return countResults(visit) + was;
}

function countResults(visit) {
  const hits = visit.results.Hit ?? 0;
  const others = sum(Object.values(visit.results)) - hits;
  return `${count(hits, "hit")}, ${others} ${others === 1 ? "miss" : "misses"}`;
}

function drawFlow(scene) {
  const results = scene.files.map(({ seen }) => seen?.result).filter(Boolean);
  const app = results.filter((result) => result === "App").length;
  const edge = results.length - app;
  const bucket = edge - results.filter((result) => result === "Hit").length;
  for (const [name, number] of [["to-edge", edge], ["to-bucket", bucket], ["to-app", app]]) {
    find(`.number.${name}`).textContent = number;
    find(`path.${name}`).classList.toggle("used", number > 0);
  }
  find("#flow").setAttribute(
    "aria-label",
    `${count(edge, "request")} from the visitor to the edge, ${bucket} from the edge to the bucket, ${app} to the Flask app`,
  );
}

function makeRow(key) {
  const row = element("tr");
  row.setAttribute("role", "row");
  const url = element("th", "url");
  url.setAttribute("role", "rowheader");
  url.scope = "row";
  url.append(element("span", "host"), element("span", "path", key), element("span", "version"));
  row.append(url);
  for (const name of ["from", "sent", "unpacked", "kept", "took"]) {
    const cell = element("td", name);
    cell.setAttribute("role", "cell");
    row.append(cell);
  }
  find(".from", row).append(element("span", "badge"), element("span", "age"));
  find(".took", row).append(element("i"), element("span"));
  return row;
}

function drawRow(row, { key, seen }, scene, longest) {
  const result = seen?.result ?? "";
  row.dataset.result = result;
  row.classList.toggle("changed", scene.changed.includes(key));
  find(".host", row).textContent = seen?.host ?? "\u00a0";
  find(".path", row).textContent = seen?.path ?? `/${key}`;
  find(".version", row).textContent = seen?.version ? `?${seen.version.slice(0, 10)}\u2026` : "";
  find(".version", row).title = seen?.version ?? "";
  find(".badge", row).textContent = seen ? (seen.status === 200 ? result : `${result} ${seen.status}`) : "\u2026";
  find(".age", row).textContent = result === "Hit" ? `${seen.age} s old` : "";
  find(".sent", row).textContent = seen ? bytes(seen.wire) : "";
  find(".unpacked", row).textContent = seen ? bytes(seen.decoded) : "";
  find(".sent", row).title = seen?.encoding ? `Compressed: ${seen.encoding}` : "";
  find(".kept", row).textContent = seen ? period(seen.kept) : "";
  const seconds = seen ? seen.measured + seen.distance : 0;
  find(".took span", row).textContent = seen ? milliseconds(seconds) : "";
  find(".took i", row).style.width = `${(100 * seconds) / longest}%`;
}

function drawFiles(scene) {
  const keys = scene.files.map((file) => file.key);
  for (const [key, row] of rows) {
    if (!keys.includes(key)) {
      row.remove();
      rows.delete(key);
    }
  }
  const longest = Math.max(0.05, ...scene.files.map(({ seen }) => (seen ? seen.measured + seen.distance : 0)));
  for (const file of scene.files) {
    if (!rows.has(file.key)) {
      rows.set(file.key, makeRow(file.key));
      find("#rows").append(rows.get(file.key));
    }
    drawRow(rows.get(file.key), file, scene, longest);
  }
}

function drawSaid(scene) {
  if (!scene.said.length) return;
  const lines = scene.said.map(({ command, text, failed }) => {
    const line = element("li", failed ? "failed" : "");
    line.append(element("code", "", command), ` ${text}`);
    return line;
  });
  find("#said").replaceChildren(...lines.reverse());
}

function drawShop(scene) {
  // It is opened after the visitor has asked, so that what the table says of the edge is of before.
  const state = `${scene.source} ${scene.said.length} ${scene.said.at(-1)?.text}`;
  if (scene.busy || !scene.visits[scene.source] || state === shown) return;
  shown = state;
  find("#shop-source").textContent = scene.source === "cdn" ? "from the CDN" : "from the app";
  const preview = find("#preview");
  preview.setAttribute("aria-busy", "true");
  preview.src = body.dataset[scene.source];
}

function draw(scene) {
  body.dataset.busy = scene.busy;
  drawLane("app", scene);
  drawLane("cdn", scene);
  drawFlow(scene);
  drawFiles(scene);
  drawSaid(scene);
  drawShop(scene);
  // Written anew, it would be read out anew.
  if (find("#next").textContent !== scene.next) find("#next").textContent = scene.next;
  find("#distance").value = scene.distance;
  // Not disabled, or whoever uses a keyboard would lose their place.
  for (const button of document.querySelectorAll("button")) {
    const waits = scene.busy !== "" || (button.dataset.action === "roll-back" && scene.releases < 2);
    button.setAttribute("aria-disabled", String(waits));
  }
}

for (const button of document.querySelectorAll("[data-action]")) {
  button.addEventListener("click", () => act(button.dataset.action, button));
}
for (const input of document.querySelectorAll("[name=source]")) {
  input.addEventListener("change", () => act(input.value));
}
find("#again").addEventListener("click", (event) => act(find("[name=source]:checked").value, event.currentTarget));
find("#distance").addEventListener("change", (event) => act(`distance-${event.target.value}`));

find("#preview").addEventListener("load", (event) => event.target.setAttribute("aria-busy", "false"));

const events = new EventSource("/events");
events.onopen = () => {
  find("#live").textContent = "live";
  body.classList.add("connected");
};
events.onerror = () => {
  find("#live").textContent = "the demo has ended";
  body.classList.remove("connected");
};
events.onmessage = (event) => draw(JSON.parse(event.data));
