// Comfort only: the page says everything without it. Sorts and filters tables, shows the chosen
// variable beside them, zooms into the whole period down to days, reads values where the pointer is.
"use strict";
document.documentElement.classList.add("js");

// ---- Tables ---------------------------------------------------------------------------------------

// "−1.25 %", "<0.001", "4 529": what a cell shows, as a number; words as they are.
function valueOf(cell) {
  const shown = cell.dataset.v ?? cell.textContent.trim();
  const number = Number(shown.replace(/[\s\u202f\u00a0%+<]/g, "").replace("\u2212", "-"));
  return shown === "\u2013" || shown === "" ? NaN : isNaN(number) ? shown : number;
}

function sortBy(table, column, head) {
  const before = head.getAttribute("aria-sort"); // names go up at first, numbers down
  const down = column === 0 ? before === "ascending" : before !== "descending";
  for (const th of table.tHead.rows[0].cells) th.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const keyed = [...table.tBodies[0].rows].map(row => [column === 0 ? row.cells[0].textContent : valueOf(row.cells[column]), row]);
  keyed.sort(([x], [y]) => {
    if (typeof x === "string" || typeof y === "string")
      return down ? String(y).localeCompare(String(x)) : String(x).localeCompare(String(y));
    if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y);
    return down ? y - x : x - y;
  });
  table.tBodies[0].append(...keyed.map(([, row]) => row));
}

for (const table of document.querySelectorAll("table.sort"))
  [...table.tHead.rows[0].cells].forEach((th, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...th.childNodes);
    th.append(button);
    button.addEventListener("click", () => sortBy(table, column, th));
  });

function addFilter(table) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length < 8) return;
  const bar = document.createElement("div"), count = document.createElement("output");
  bar.className = "tools";
  bar.innerHTML = '<label>Filter <input type="search" placeholder="part of a name"></label>' +
    '<label><input type="checkbox"> only p\u00a0<\u00a00.05</label>';
  bar.append(count);
  const [name, sure] = bar.querySelectorAll("input");
  const apply = event => {
    if (event) table.style.minWidth ||= `${table.offsetWidth}px`; // what stands beside it stays where it is
    const wanted = name.value.toLowerCase();
    let n = 0;
    for (const row of rows) {
      const p = valueOf(row.cells[2]);
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted) || (sure.checked && !(p < 0.05));
      n += !row.hidden;
    }
    count.textContent = `${n} of ${rows.length}`;
  };
  name.addEventListener("input", apply);
  sure.addEventListener("change", apply);
  apply();
  table.parentElement.before(bar);
}

// ---- The chosen variable --------------------------------------------------------------------------

const pick = document.querySelector("table.pick"), details = document.querySelector(".details");
const beside = matchMedia("(min-width: 68rem)");

function choose(id, move) {
  const article = document.getElementById(id);
  if (!article || article.parentElement !== details) return false;
  for (const old of details.querySelectorAll(":scope > .chosen")) old.classList.remove("chosen");
  article.classList.add("chosen");
  for (const old of pick.querySelectorAll("tr.chosen")) old.classList.remove("chosen");
  const link = pick.querySelector(`a[href="#${id}"]`);
  if (link) {
    link.closest("tr").classList.add("chosen");
    link.closest("tr").scrollIntoView({ block: "nearest" });
  }
  article.querySelectorAll("figure.whole").forEach(zoomable);
  if (move && !(beside.matches && isInSight(article))) article.scrollIntoView();
  return true;
}

function isInSight(article) {
  const top = article.getBoundingClientRect().top;
  return top >= 0 && top < innerHeight / 2;
}

// ---- The whole period -----------------------------------------------------------------------------

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

function line(parent, name, x1, y1, x2, y2) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "line");
  node.setAttribute("class", name);
  for (const [key, value] of Object.entries({ x1, y1, x2, y2 })) node.setAttribute(key, value);
  parent.append(node);
  return node;
}

// The rows that the page keeps one by one: [day, actual, retrodicted, lower, upper], NaN for none; and the two values
// at which bounds that lie farther off are cut.
function readDays(figure) {
  const steps = (document.getElementById("calendar").dataset.days || "").split(" ").map(Number);
  const [low, high, codes] = (figure.dataset.days || "0 1 ").split(" ");
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const rows = [], most = (1 << 18) - 2;
  let at = 0, day = 0;
  for (const step of steps) {
    day += step;
    const row = [day, NaN, NaN, NaN, NaN];
    if (codes[at] === ".") at++;
    else
      for (let k = 1; k <= 4; k++, at += 3) {
        const code = digits.indexOf(codes[at]) * 4096 + digits.indexOf(codes[at + 1]) * 64 + digits.indexOf(codes[at + 2]);
        if (code > 0) row[k] = Number(low) + (code - 1) / most * (high - low);
      }
    rows.push(row);
  }
  const half = (high - low) / most / 2;
  return [rows, Number(low) + half, Number(high) - half];
}

const least = values => values.reduce((a, b) => Math.min(a, b), Infinity); // as arguments so many would be too many
const greatest = values => values.reduce((a, b) => Math.max(a, b), -Infinity);

const dateOf = day => new Date(Math.round(day) * 864e5).toISOString().slice(0, 10);

// With a power of ten, and so many digits that values a step apart differ.
function powered(value, step) {
  const behind = Math.floor(Math.log10(Math.abs(value) || 1)) - Math.floor(Math.log10(step) + 1e-9);
  return value.toExponential(Math.min(12, Math.max(2, behind))).replace("e+", "e").replaceAll("-", "\u2212");
}

// As many digits as a range gives sense to.
function shownIn(range, value) {
  if (!isFinite(value)) return "\u2013";
  if (Math.abs(value) >= 1e7 || (range < 1e-5 && Math.abs(value) < 1e-3)) return powered(value, (range || 1) / 1000);
  return value.toFixed(Math.min(8, Math.max(0, 3 - Math.floor(Math.log10(range || 1))))).replace("-", "\u2212");
}

// Round values within low … high.
function ticks(low, high, most) {
  const power = 10 ** Math.floor(Math.log10((high - low) / most));
  const step = [1, 2, 5, 10].map(x => x * power).find(x => (high - low) / x <= most);
  const out = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) out.push(i * step);
  return out;
}

function zoomable(figure) {
  if (figure.dataset.ready) return;
  figure.dataset.ready = "1";
  const chart = figure.querySelector("svg.chart"), plot = figure.querySelector("svg.plot");
  const labels = figure.querySelector("g.axes");
  const [, , columns, rows] = plot.getAttribute("viewBox").split(" ").map(Number);
  const [day0, day1, low, high] = figure.dataset.range.split(" ").map(Number);
  const box = ["x", "y", "width", "height"].map(name => Number(plot.getAttribute(name)));
  const original = labels.cloneNode(true), coarse = [...plot.childNodes], all = coarse.map(points);
  const [days, below, above] = readDays(figure), firstDay = days.length ? days[0][0] : Infinity;
  let from = day0, to = day1, cross = null;

  const x = day => (day - from) / (to - from) * 1000;
  function path(name, d) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", "path");
    node.setAttribute("class", name);
    node.setAttribute("d", d);
    return node;
  }
  function curve(name, shown, k, y) {
    let d = "";
    for (const row of shown)
      if (isFinite(row[k])) d += `${d ? "L" : "M"}${x(row[0]).toFixed(1)} ${y(row[k]).toFixed(1)}`;
    return path(name, d);
  }
  function band(shown, y) {
    const known = shown.filter(row => isFinite(row[3]) && isFinite(row[4]));
    const edge = (row, k) => `${x(row[0]).toFixed(1)} ${y(row[k]).toFixed(1)}`;
    return path("oband", known.length < 2 ? "" : `M${known.map(row => edge(row, 4)).join("L")}L${known.reverse().map(row => edge(row, 3)).join("L")}z`);
  }
  function axes(bottom, top) {
    labels.replaceChildren();
    const values = ticks(bottom, top, 5), step = values.length > 1 ? values[1] - values[0] : top - bottom;
    for (const value of values) {
      const at = box[1] + (top - value) / (top - bottom) * box[3];
      line(labels, "t", box[0], at, box[0] + box[2], at);
      text(labels, "e", box[0] - 5, at + 3.5, Math.abs(value) >= 1e6 ? powered(value, step)
        : value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))).replace("-", "\u2212"));
    }
    for (let i = 0; i <= 4; i++)
      text(labels, i === 0 ? "" : i === 4 ? "e" : "m", box[0] + box[2] * i / 4, box[1] + box[3] + 15, dateOf(from + (to - from) * i / 4));
  }
  function drawDays() {
    const shown = days.filter(row => row[0] >= from && row[0] <= to);
    const values = shown.flatMap(row => row.slice(1)).filter(isFinite);
    if (values.length === 0) return false;
    let bottom = least(values), top = greatest(values);
    const margin = (top - bottom) * 0.05 || Math.abs(top) * 0.05 || 1;
    bottom -= margin; top += margin;
    const y = value => (top - value) / (top - bottom) * 1000;
    plot.setAttribute("viewBox", "0 0 1000 1000");
    plot.replaceChildren(band(shown, y), curve("predicted", shown, 2, y), curve("seen", shown, 1, y));
    axes(bottom, top);
    return true;
  }
  function drawCoarse() {
    const c0 = (from - day0) / (day1 - day0) * columns, c1 = (to - day0) / (day1 - day0) * columns;
    plot.replaceChildren(...coarse);
    if (from <= day0 && to >= day1) {
      plot.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
      labels.replaceChildren(...original.cloneNode(true).childNodes);
      return;
    }
    const inside = all.flat().filter(([at]) => at >= c0 && at <= c1).map(([, y]) => y);
    const top = Math.max(0, least(inside) - 20), bottom = Math.min(rows, greatest(inside) + 20);
    if (!(bottom > top)) return;
    plot.setAttribute("viewBox", `${c0} ${top} ${c1 - c0} ${bottom - top}`);
    const value = y => low + (1 - y / rows) * (high - low);
    axes(value(bottom), value(top));
  }
  function draw() {
    if (cross) cross.remove();
    cross = null;
    if (from < firstDay || (from <= day0 && to >= day1) || !drawDays()) drawCoarse();
  }
  function show(a, b) {
    const width = Math.min(day1 - day0, Math.max(10, b - a));
    from = Math.max(day0, Math.min(day1 - width, (a + b - width) / 2));
    to = from + width;
    draw();
  }

  const bar = document.createElement("div"), said = document.createElement("output");
  bar.className = "zoom";
  const width = () => to - from, middle = () => (from + to) / 2;
  const moves = {
    earlier: () => show(from - width() / 2, to - width() / 2),
    later: () => show(from + width() / 2, to + width() / 2),
    closer: () => show(middle() - width() / 4, middle() + width() / 4),
    wider: () => show(middle() - width(), middle() + width()),
    days: () => show(Math.max(firstDay, day1 - 90), day1),
    all: () => show(day0, day1),
  };
  for (const [name, move] of Object.entries(moves)) {
    const button = document.createElement("button");
    button.type = "button";
    button.value = name;
    button.textContent = name === "days" ? "last days" : name;
    button.addEventListener("click", move);
    bar.append(button);
  }
  const hint = firstDay > day0 ? `Day by day from ${dateOf(firstDay)} on. ` : "";
  said.textContent = hint + "Drag over the picture to look nearer; point at it to read values.";
  bar.append(said);
  figure.after(bar);

  const dayAt = event => {
    const area = plot.getBoundingClientRect();
    return from + Math.min(1, Math.max(0, (event.clientX - area.left) / area.width)) * (to - from);
  };
  function readAt(day) {
    let best = null;
    for (const row of days)
      if (row.slice(1).some(isFinite) && (!best || Math.abs(row[0] - day) < Math.abs(best[0] - day))) best = row;
    if (cross) cross.remove();
    cross = null;
    if (!best || day < firstDay - 3) {
      said.textContent = `${dateOf(day)}: ${hint.toLowerCase() || "nothing is known of it"}`;
      return;
    }
    const at = box[0] + (best[0] - from) / (to - from) * box[2];
    if (at >= box[0] && at <= box[0] + box[2]) cross = line(chart, "cross", at, box[1], at, box[1] + box[3]);
    const range = Math.abs(best[4] - best[3]) || (high - low) / 50, number = k =>
      (best[k] < below ? "below " : best[k] > above ? "above " : "") + shownIn(range, best[k]);
    said.textContent = `${dateOf(best[0])}: actual ${number(1)}, retrodicted ${number(2)}, 95\u00a0% interval ${number(3)} to ${number(4)}`;
  }
  let pressed = null;
  chart.addEventListener("pointerdown", event => { pressed = dayAt(event); });
  chart.addEventListener("pointermove", event => readAt(dayAt(event)));
  chart.addEventListener("pointerup", event => {
    const released = dayAt(event);
    if (pressed !== null && Math.abs(released - pressed) > width() / 50)
      show(Math.min(pressed, released), Math.max(pressed, released));
    pressed = null;
  });
  chart.addEventListener("dblclick", moves.all);
}

// ---- Start ----------------------------------------------------------------------------------------

if (pick && details && details.firstElementChild) {
  addFilter(pick);
  document.addEventListener("click", event => {
    const link = event.target.closest && event.target.closest('a[href^="#v"]');
    if (!link || event.ctrlKey || event.metaKey) return;
    const id = link.hash.slice(1);
    if (choose(id, true)) {
      event.preventDefault();
      history.replaceState(null, "", "#" + id);
    }
  });
  addEventListener("hashchange", () => choose(location.hash.slice(1), true));
  const scrolled = scrollY;
  if (!choose(location.hash.slice(1), true)) {
    choose(details.firstElementChild.id, false);
    scrollTo(0, scrolled);
  }
}
