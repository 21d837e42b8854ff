// Comfort only: the page says everything without it. Sorts tables, zooms into the whole period.
"use strict";
document.documentElement.classList.add("js");

// The cells that columns are sorted by: a line above them may join columns.
const heads = table => [...table.tHead.rows[table.tHead.rows.length - 1].cells];

function sortBy(table, column, button) {
  const head = button.parentElement;
  const before = head.getAttribute("aria-sort"); // names go up at first, numbers down
  const down = column === 0 ? before === "ascending" : before !== "descending";
  for (const th of heads(table)) th.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = row => {
    const cell = row.cells[column], value = cell.dataset.v;
    return value === undefined ? cell.textContent : value === "" ? NaN : Number(value);
  };
  const order = (a, b) => {
    const x = key(a), y = key(b);
    if (typeof x === "string") return down ? y.localeCompare(x) : x.localeCompare(y);
    if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y);
    return down ? y - x : x - y;
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
}

for (const table of document.querySelectorAll("table.sort"))
  heads(table).forEach((th, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...th.childNodes);
    th.append(button);
    button.addEventListener("click", () => sortBy(table, column, button));
  });

// A path of steps ("m1 2 3 4l-1-2z") as points.
function points(path) {
  const out = [];
  let x = 0, y = 0, start = [0, 0];
  for (const [part, letter] of path.getAttribute("d").matchAll(/([mlz])[^mlz]*/g)) {
    if (letter === "z") { [x, y] = start; continue; }
    const numbers = (part.match(/-?\d+/g) || []).map(Number);
    for (let i = 0; i + 1 < numbers.length; i += 2) {
      x += numbers[i]; y += numbers[i + 1];
      if (letter === "m" && i === 0) start = [x, y];
      out.push([x, y]);
    }
  }
  return out;
}

function text(parent, name, x, y, content) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "text");
  if (name) node.setAttribute("class", name);
  node.setAttribute("x", x); node.setAttribute("y", y);
  node.textContent = content;
  parent.append(node);
}

function zoomable(figure) {
  const plot = figure.querySelector("svg.plot"), labels = figure.querySelector("g.axes");
  if (!plot || !labels) return;
  const [, , columns, rows] = plot.getAttribute("viewBox").split(" ").map(Number);
  const [day0, day1, low, high] = figure.dataset.range.split(" ").map(Number);
  const box = ["x", "y", "width", "height"].map(name => Number(plot.getAttribute(name)));
  const whole = labels.cloneNode(true), all = [...plot.querySelectorAll("path")].map(points);
  let from = 0, to = columns;

  const day = column => new Date((day0 + column / columns * (day1 - day0)) * 864e5).toISOString().slice(0, 10);
  const value = y => low + (1 - y / rows) * (high - low);
  const shown = v => Math.abs(v) >= 1e6 || (v !== 0 && Math.abs(v) < 1e-3) ? v.toExponential(2)
    : v.toFixed(Math.max(0, 3 - Math.floor(Math.log10(Math.abs(v) || 1))));

  function draw() {
    const inside = all.flat().filter(([x]) => x >= from && x <= to).map(([, y]) => y);
    if (from <= 0 && to >= columns || inside.length === 0) {
      plot.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
      labels.replaceChildren(...whole.cloneNode(true).childNodes);
      return;
    }
    const top = Math.min(...inside), bottom = Math.max(...inside), margin = Math.max(1, (bottom - top) * 0.05);
    plot.setAttribute("viewBox", `${from} ${top - margin} ${to - from} ${bottom - top + 2 * margin}`);
    labels.replaceChildren();
    text(labels, "e", box[0] - 5, box[1] + 9, shown(value(top - margin)));
    text(labels, "e", box[0] - 5, box[1] + box[3], shown(value(bottom + margin)));
    text(labels, "", box[0], box[1] + box[3] + 13, day(from));
    text(labels, "e", box[0] + box[2], box[1] + box[3] + 13, day(to));
  }
  function show(a, b) {
    const least = Math.min(columns, 12), width = Math.min(columns, Math.max(least, b - a));
    from = Math.max(0, Math.min(columns - width, (a + b - width) / 2));
    to = from + width;
    draw();
  }
  const width = () => to - from, middle = () => (from + to) / 2;
  const moves = {
    in: () => show(middle() - width() / 4, middle() + width() / 4),
    out: () => show(middle() - width(), middle() + width()),
    back: () => show(from - width() / 2, to - width() / 2),
    on: () => show(from + width() / 2, to + width() / 2),
    all: () => show(0, columns),
  };
  const bar = document.createElement("span");
  bar.className = "zoom";
  for (const [name, label] of [["back", "earlier"], ["on", "later"], ["in", "closer"], ["out", "wider"], ["all", "all"]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.value = name;
    button.textContent = label;
    button.addEventListener("click", moves[name]);
    bar.append(button);
  }
  figure.parentElement.querySelector("h3").append(bar);

  const chart = figure.querySelector("svg.chart");
  const column = event => {
    const area = plot.getBoundingClientRect(), share = (event.clientX - area.left) / area.width;
    return from + Math.min(1, Math.max(0, share)) * (to - from);
  };
  let pressed = null;
  chart.addEventListener("pointerdown", event => { pressed = column(event); });
  chart.addEventListener("pointerup", event => {
    const released = column(event);
    if (pressed !== null && Math.abs(released - pressed) > width() / 50)
      show(Math.min(pressed, released), Math.max(pressed, released));
    pressed = null;
  });
  chart.addEventListener("dblclick", moves.all);
}

document.querySelectorAll("figure.whole").forEach(zoomable);
