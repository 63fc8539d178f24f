// The explorer of the HTML paper: two linked diagrams, a list with search, a card, and the feasibility maps.
// Everything comes from the JSON block beside it; text enters the page as text only, and nothing is loaded.
(() => {
  "use strict";
  const root = document.getElementById("xp-body");
  const source = document.getElementById("xp-data");
  if (!root || !source) return;
  const data = JSON.parse(source.textContent);
  const systems = data.systems;
  const SVG = "http://www.w3.org/2000/svg";

  // -- small helpers ---------------------------------------------------------------------------------------------------

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children); // strings become text nodes, never markup
    return node;
  }
  const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const power = (n) => (n >= -2 && n <= 3 ? String(Number((10 ** n).toPrecision(1))) : "10" + [...String(n)].map((c) => SUPERSCRIPT[c]).join(""));
  const digits = (value) => {
    if (value === 0) return "0";
    const n = Math.floor(Math.log10(Math.abs(value)));
    return n < -3 || n > 4 ? `${(value / 10 ** n).toFixed(1)} × 10${[...String(n)].map((c) => SUPERSCRIPT[c]).join("")}` : String(Number(value.toPrecision(3)));
  };
  const known = (value) => value !== null && value !== undefined;
  const bare = (text) => text.toLowerCase().normalize("NFKD").replace(/[^\p{L}\p{N}]/gu, "");

  // -- state -----------------------------------------------------------------------------------------------------------

  const MARKERS = {
    o: "M4 0A4 4 0 1 1-4 0A4 4 0 1 1 4 0Z", s: "M-3.6-3.6H3.6V3.6H-3.6Z", "^": "M0-4.6L4.3 3.4H-4.3Z", D: "M0-4.9L4.9 0L0 4.9L-4.9 0Z",
    P: "M-1.6-4.6H1.6V-1.6H4.6V1.6H1.6V4.6H-1.6V1.6H-4.6V-1.6H-1.6Z", "*": "M0-8L2.1-2.6L7.6-2.5L3.2 1L4.7 6.5L0 3.3L-4.7 6.5L-3.2 1L-7.6-2.5L-2.1-2.6Z",
  };
  const BOUNDS = { upper_limit: "<" }; // of the eccentricity
  const BOUND_MARKS = { "<": "M0 5V15M-3 11.5L0 15L3 11.5", "≥": "M0-4V-11" };
  const methods = new Map(data.methods.map((method) => [method.name, method]));
  let selected = Math.max(systems.findIndex((system) => system.target), 0);
  let brush = null; // { panel, x0, x1, y0, y1 } in the panel's own units of drawing
  let lit = new Set(systems.keys());

  // -- diagrams --------------------------------------------------------------------------------------------------------

  const W = 380, H = 330, LEFT = 46, RIGHT = 16, TOP = 10, BOTTOM = 40, STRIP = 24;
  const axes = systems.map((system) => system.a).filter(known);
  const ratios = systems.map((system) => system.q).filter(known);
  const spanned = (values, margin) => (values.length ? [Math.min(...values) - margin, Math.max(...values) + margin] : [0, 1]);
  const X = spanned(axes, 0.25);

  function panel(key, label, range, strip) {
    const bottom = H - BOTTOM - (strip ? STRIP : 0);
    const at = (value, [low, high], from, to) => from + ((value - low) / (high - low)) * (to - from);
    const one = {
      key, label, points: [], places: [],
      x: (system) => at(system.a, X, LEFT, W - RIGHT),
      y: (system) => (known(system[key]) ? at(system[key], range, bottom, TOP) : H - BOTTOM - STRIP / 2),
      has: (system) => known(system.a) && (known(system[key]) || strip),
    };
    one.plot = svg("svg", {
      viewBox: `0 0 ${W} ${H}`, tabindex: "0", role: "application", class: "xp-plot", "aria-roledescription": "scatter plot", "aria-describedby": "xp-keys",
      "aria-label": `${label} against semi-major axis in au`,
    });
    const lines = svg("g", { class: "xp-axes", "aria-hidden": "true" });
    lines.append(svg("rect", { x: LEFT, y: TOP, width: W - LEFT - RIGHT, height: H - TOP - BOTTOM, class: "xp-box" }));
    const text = (x, y, words, anchor = "middle", extra = {}) => lines.append(svg("text", { x, y, "text-anchor": anchor, ...extra }, words));
    for (let n = Math.ceil(X[0]); n <= X[1]; n++) {
      const x = at(n, X, LEFT, W - RIGHT);
      lines.append(svg("path", { d: `M${x} ${H - BOTTOM}v-5M${x} ${TOP}v5` }));
      text(x, H - BOTTOM + 14, power(n));
    }
    const step = strip ? 0.2 : 1;
    for (let i = Math.ceil(range[0] / step - 1e-9); i * step <= range[1] + 1e-9; i++) {
      const y = at(i * step, range, bottom, TOP);
      lines.append(svg("path", { d: `M${LEFT} ${y}h5M${W - RIGHT} ${y}h-5` }));
      text(LEFT - 5, y + 4, strip ? (i * step).toFixed(1) : power(i), "end");
    }
    if (strip) {
      lines.append(svg("path", { d: `M${LEFT} ${H - BOTTOM - STRIP}H${W - RIGHT}`, class: "xp-rule" }));
      text(LEFT - 5, H - BOTTOM - STRIP / 2 + 3, "no e", "end");
    } else if (data.split > range[0] && data.split < range[1]) {
      lines.append(svg("path", { d: `M${LEFT} ${at(data.split, range, bottom, TOP)}H${W - RIGHT}`, class: "xp-rule" }));
    }
    text((LEFT + W - RIGHT) / 2, H - 8, "semi-major axis (au)");
    text(0, 0, label, "middle", { transform: `translate(11 ${(TOP + H - BOTTOM) / 2}) rotate(-90)` });
    const cloud = svg("g", { "aria-hidden": "true" });
    one.box = svg("rect", { class: "xp-brush", visibility: "hidden" });
    one.ring = svg("circle", { r: 9, class: "xp-ring", visibility: "hidden" });
    one.name = svg("text", { class: "xp-name", visibility: "hidden" });
    one.places = systems.map((system) => (one.has(system) ? [one.x(system), one.y(system)] : null));
    const order = [...systems.keys()].sort((i, j) => systems[i].target - systems[j].target); // the target is drawn last, on top
    for (const i of order) {
      const system = systems[i], place = one.places[i];
      if (!place) continue;
      const method = methods.get(system.method) || { marker: "o", colour: "#888888" };
      const group = svg("g", { transform: `translate(${place[0].toFixed(1)} ${place[1].toFixed(1)})`, class: "xp-point" });
      const hollow = (strip && system.kind === "assumed_zero") || !(system.candidate || system.target);
      group.append(svg("path", { d: MARKERS[system.target ? "*" : method.marker] || MARKERS.o, fill: hollow ? "none" : system.target ? "currentColor" : method.colour }));
      const bound = strip ? BOUNDS[system.kind] : system.bound;
      if (bound) group.append(svg("path", { d: BOUND_MARKS[bound], class: "xp-arrow" }));
      one.points[i] = group;
      cloud.append(group);
    }
    one.plot.append(lines, one.box, cloud, one.ring, one.name);
    return one;
  }

  const panels = [panel("q", "mass ratio q", spanned(ratios, 0.3), false), panel("e", "eccentricity", [-0.03, Math.max(0.7, ...systems.map((s) => s.e || 0)) + 0.03], true)];

  function where(one, event) {
    const corner = one.plot.getBoundingClientRect();
    return [clamp(((event.clientX - corner.left) * W) / corner.width, LEFT, W - RIGHT), clamp(((event.clientY - corner.top) * H) / corner.height, TOP, H - BOTTOM)];
  }

  function nearest(one, [x, y], reach) {
    let found = -1;
    one.places.forEach((place, i) => {
      const distance = place ? Math.hypot(place[0] - x, place[1] - y) : Infinity;
      if (distance < reach) [found, reach] = [i, distance];
    });
    return found;
  }

  function setBrush(next) {
    brush = next;
    lit = new Set([...systems.keys()].filter((i) => {
      const place = brush && brush.panel.places[i];
      return !brush || (place && place[0] >= brush.x0 && place[0] <= brush.x1 && place[1] >= brush.y0 && place[1] <= brush.y1);
    }));
    drawPoints();
    fillList();
  }

  function drawPoints() {
    for (const one of panels) {
      one.points.forEach((point, i) => point.classList.toggle("xp-dim", !lit.has(i)));
      const mine = brush && brush.panel === one;
      one.box.setAttribute("visibility", mine ? "visible" : "hidden");
      if (mine) fill(one.box, { x: brush.x0, y: brush.y0, width: brush.x1 - brush.x0, height: brush.y1 - brush.y0 }, []);
      const place = one.places[selected];
      for (const mark of [one.ring, one.name]) mark.setAttribute("visibility", place ? "visible" : "hidden");
      if (!place) continue;
      fill(one.ring, { cx: place[0], cy: place[1] }, []);
      const flip = place[0] > W * 0.6;
      fill(one.name, { x: place[0] + (flip ? -13 : 13), y: clamp(place[1] - 8, TOP + 12, H), "text-anchor": flip ? "end" : "start" }, []);
      one.name.textContent = systems[selected].name;
    }
    clear.disabled = !brush;
  }

  const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function listen(one) {
    let start = null, moved = false;
    one.plot.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      [start, moved] = [where(one, event), false];
      one.plot.setPointerCapture(event.pointerId);
    });
    one.plot.addEventListener("pointermove", (event) => {
      const now = where(one, event);
      if (!start) return void (one.plot.style.cursor = nearest(one, now, 12) < 0 ? "crosshair" : "pointer");
      moved = moved || Math.hypot(now[0] - start[0], now[1] - start[1]) > 5;
      if (moved) setBrush({ panel: one, x0: Math.min(start[0], now[0]), x1: Math.max(start[0], now[0]), y0: Math.min(start[1], now[1]), y1: Math.max(start[1], now[1]) });
    });
    one.plot.addEventListener("pointerup", (event) => {
      const found = start && !moved ? nearest(one, where(one, event), 14) : -1;
      if (found >= 0) select(found);
      else if (start && !moved && brush) setBrush(null);
      start = null;
    });
    one.plot.addEventListener("pointercancel", () => (start = null));
    one.plot.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && brush) return void (event.preventDefault(), setBrush(null));
      const way = ARROWS[event.key];
      if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const place = one.places[selected];
      if (event.shiftKey && place) return grow(one, place, way);
      let best = -1, least = Infinity;
      one.places.forEach((other, i) => {
        if (!other || i === selected || !lit.has(i)) return;
        if (!place) return void (best = best < 0 ? i : best);
        const [x, y] = [other[0] - place[0], other[1] - place[1]];
        const ahead = x * way[0] + y * way[1], aside = Math.abs(x * way[1]) + Math.abs(y * way[0]);
        const cost = ahead + 2.5 * aside;
        if (ahead > 0.05 && cost < least) [best, least] = [i, cost];
      });
      if (best >= 0) select(best);
    });
  }

  // Shift and arrows: a frame around the selected system, wider with right, higher with up, and back with left and down.
  function grow(one, [x, y], way) {
    const own = brush && brush.panel === one ? brush : { x0: x - 20, x1: x + 20, y0: y - 20, y1: y + 20 };
    const dx = 10 * way[0], dy = -10 * way[1];
    setBrush({
      panel: one, x0: clamp(own.x0 - dx, LEFT, x - 5), x1: clamp(own.x1 + dx, x + 5, W - RIGHT), y0: clamp(own.y0 - dy, TOP, y - 5), y1: clamp(own.y1 + dy, y + 5, H - BOTTOM),
    });
  }

  // -- search, list and card -------------------------------------------------------------------------------------------

  const search = el("input", { type: "search", id: "xp-search", autocomplete: "off", spellcheck: "false", "aria-controls": "xp-list", "aria-describedby": "xp-count" });
  const list = el("select", { id: "xp-list", size: "9" });
  const count = el("p", { id: "xp-count", class: "xp-count", role: "status" });
  const clear = el("button", { type: "button" }, "Remove the frame");
  const summary = el("p", { class: "xp-hidden", "aria-live": "polite" }); // the card in one sentence, for those who cannot see it change
  const card = el("div", { class: "xp-card", role: "region", tabindex: "0", "aria-labelledby": "xp-name" });

  function fillList() {
    const wanted = bare(search.value), typed = search.value.trim();
    // Signs alone name no companion.
    const matches = [...systems.keys()].filter((i) => !typed || (wanted && (bare(systems[i].name).includes(wanted) || bare(systems[i].host).includes(wanted))));
    const shown = matches.filter((i) => lit.has(i));
    const twice = (i) => shown.some((j) => j !== i && systems[j].name === systems[i].name);
    list.replaceChildren(...shown.map((i) => el("option", { value: i }, twice(i) ? systems[i].id : systems[i].name)));
    list.value = shown.includes(selected) ? String(selected) : "";
    const missing = brush ? 0 : shown.filter((i) => !known(systems[i].a)).length, outside = typed ? matches.length - shown.length : 0;
    count.textContent = `${shown.length} of ${systems.length} companions` + (typed ? ` match “${typed}”` : "") + (brush ? `${typed ? " and" : ""} lie in the frame` : "")
      + (outside ? `; ${outside} more ${outside > 1 ? "match" : "matches"} outside the frame` : "") + (missing ? `; ${missing} without a semi-major axis, in the list only` : "")
      + (shown.length ? "" : `; the card still shows ${systems[selected].name}`);
  }

  function select(i) {
    selected = i;
    if (!list.options.length) fillList(); // which names the companion of the card
    list.value = String(i);
    drawPoints();
    const system = systems[i], groups = new Map();
    data.fields.forEach((field, j) => {
      const text = system.card[j];
      if (!groups.has(field.group)) groups.set(field.group, []);
      if (known(text) || field.always) groups.get(field.group).push([field.label, known(text) ? text : "not known"]);
    });
    const parts = [...groups].map(([name, lines]) => el("div", { class: "xp-group" }, el("h4", {}, NAMES[name] || name), lines.length
      ? el("dl", {}, ...lines.flatMap(([label, text]) => [el("dt", {}, label), el("dd", text === "not known" ? { class: "xp-missing" } : {}, text)]))
      : el("p", { class: "xp-missing" }, "none: the companion enters no fit")));
    card.scrollTop = 0;
    card.replaceChildren(el("h3", { id: "xp-name" }, system.name), el("div", { class: "xp-groups" }, ...parts));
    const q = known(system.q) ? `q ${system.bound || "="} ${digits(10 ** system.q)}` : "q not known", a = known(system.a) ? `a = ${digits(10 ** system.a)} au` : "a not known";
    summary.textContent = `${system.name}, ${system.method.toLowerCase()}: ${a}, ${q}, ${known(system.e) ? `e ${BOUNDS[system.kind] || "="} ${digits(system.e)}` : "e not known"}`;
  }
  const NAMES = { Mixture: "Mixture: P(component), in brackets 95\u00a0% intervals", Origin: "Origin: P(“binary-like”), in brackets 95\u00a0% intervals", Tides: "Tidal timescales" };

  search.addEventListener("input", fillList);
  search.addEventListener("keydown", (event) => {
    const first = list.options[0], down = event.key === "ArrowDown";
    if (!down && event.key !== "Enter") return;
    event.preventDefault();
    if (first && down) list.focus();
    if (first && (down ? !list.value : search.value.trim())) select(Number(first.value));
  });
  list.addEventListener("change", () => list.value && select(Number(list.value)));
  clear.addEventListener("click", (event) => {
    brush.panel.plot.focus({ preventScroll: event.detail > 0 }); // before the button that has it is disabled
    setBrush(null);
  });

  // -- maps ------------------------------------------------------------------------------------------------------------

  const maps = data.maps.map((map) => ({ ...map, cells: map.values.map((text) => text.split(" ").map((cell) => (cell === "-" ? null : Number(cell)))) }));
  const choice = el("select", { id: "xp-map" }, ...maps.map((map, i) => el("option", { value: i }, `${map.label}, by ${map.slider}`)));
  const slider = el("input", { type: "range", id: "xp-stop", min: "0", step: "1", value: "0" });
  const stop = el("output", { for: "xp-stop xp-map", class: "xp-stop" });
  const canvas = el("canvas", { class: "xp-canvas", tabindex: "0", role: "application", "aria-roledescription": "map", "aria-describedby": "xp-reading xp-mapkeys" });
  const reading = el("p", { id: "xp-reading", class: "xp-summary", "aria-live": "polite" });
  const table = data.colours.map((text) => [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16)));
  let cell = null; // [row of mass, column of axis] under the cursor

  function colour(share, map) {
    const f = map.scale === "log" ? Math.log10 : (v) => v;
    if (share === null || (map.scale === "log" && share < map.low)) return null;
    const up = clamp((f(share) - f(map.low)) / (f(map.high) - f(map.low)), 0, 1), t = (map.falling ? 1 - up : up) * (table.length - 1);
    const k = Math.min(Math.floor(t), table.length - 2);
    return `rgb(${table[k].map((v, c) => Math.round(v + (table[k + 1][c] - v) * (t - k))).join(" ")})`;
  }

  const FRAME = { left: 58, right: 78, top: 10, bottom: 44 };
  function drawMap() {
    const map = maps[choice.value], cells = map.cells[slider.value], [m, n] = map.shape;
    const width = Math.max(canvas.clientWidth, 240), height = clamp(width * 0.58, 280, 420), ratio = window.devicePixelRatio || 1;
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    canvas.style.height = `${height}px`;
    const ink = getComputedStyle(canvas).color, pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const w = width - FRAME.left - FRAME.right, h = height - FRAME.top - FRAME.bottom;
    pen.fillStyle = "#ffffff"; // no share at all is white, also on a dark page
    pen.fillRect(FRAME.left, FRAME.top, w, h);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const shade = colour(cells[i * n + j], map);
        if (!shade) continue;
        pen.fillStyle = shade;
        const [x0, x1, y0, y1] = [Math.round((j * w) / n), Math.round(((j + 1) * w) / n), Math.round(h - ((i + 1) * h) / m), Math.round(h - (i * h) / m)];
        pen.fillRect(FRAME.left + x0, FRAME.top + y0, x1 - x0, y1 - y0);
      }
    }
    [pen.strokeStyle, pen.fillStyle, pen.font, pen.lineWidth] = [ink, ink, "12px sans-serif", 1];
    pen.strokeRect(FRAME.left + 0.5, FRAME.top + 0.5, w, h);
    pen.textAlign = "center";
    if (!cells.some((share) => colour(share, map))) {
      pen.fillStyle = "#000000"; // on the white of the empty map
      pen.fillText(cells.some(known) ? "none" : "not available", FRAME.left + w / 2, FRAME.top + h / 2);
      pen.fillStyle = ink;
    }
    const ticks = ([low, high], room) => (room > 330 ? [1, 2, 5] : [1, 3]).flatMap((k) => [...Array(9).keys()].map((p) => Number((k * 10 ** (p - 4)).toPrecision(1)))).filter((v) => v >= low * 0.999 && v <= high * 1.001);
    const along = (v, [low, high]) => Math.log(v / low) / Math.log(high / low);
    for (const v of ticks(map.axis, w)) tick(pen, FRAME.left + along(v, map.axis) * w, FRAME.top + h, 0, 4, String(v), 16);
    pen.textAlign = "right";
    for (const v of ticks(map.mass, 400)) tick(pen, FRAME.left, FRAME.top + h - along(v, map.mass) * h, -4, 0, String(v), 4);
    pen.textAlign = "center";
    pen.fillText("perturber axis (au)", FRAME.left + w / 2, height - 8);
    sideways(pen, "perturber mass (solar masses)", 14, FRAME.top + h / 2);
    drawBar(pen, map, width - FRAME.right + 14, h);
    if (cell) {
      const [x, y] = [FRAME.left + (cell[1] * w) / n, FRAME.top + h - ((cell[0] + 1) * h) / m];
      for (const [style, thick] of [["#ffffff", 4], ["#000000", 2]]) {
        [pen.strokeStyle, pen.lineWidth] = [style, thick];
        pen.strokeRect(x, y, w / n, h / m);
      }
    }
  }
  function tick(pen, x, y, dx, dy, text, drop) {
    pen.stroke(new Path2D(`M${x} ${y}l${dx} ${dy}`));
    pen.fillText(text, x + 2 * dx, y + drop);
  }
  function sideways(pen, text, x, y) {
    pen.save();
    pen.translate(x, y);
    pen.rotate(-Math.PI / 2);
    pen.fillText(text, 0, 0);
    pen.restore();
  }
  function drawBar(pen, map, x, h) {
    const log = map.scale === "log", span = (t) => (log ? map.low * (map.high / map.low) ** t : map.low + (map.high - map.low) * t);
    for (let i = 0; i < h; i++) {
      pen.fillStyle = colour(span(1 - i / h), map) || "#ffffff";
      pen.fillRect(x, FRAME.top + i, 14, 1.5);
    }
    pen.fillStyle = pen.strokeStyle;
    pen.strokeRect(x + 0.5, FRAME.top + 0.5, 14, h);
    pen.textAlign = "left";
    const step = [5, 10, 20, 50, 100, 200].find((s) => map.high / s <= 6) || 200;
    const marks = log ? [30, 100, 300, 1000].filter((v) => v >= map.low * 0.9) : [...Array(Math.floor(map.high / step) + 1).keys()].map((i) => i * step);
    for (const v of marks) tick(pen, x + 14, FRAME.top + h * (1 - (log ? Math.max(Math.log(v / map.low), 0) / Math.log(map.high / map.low) : v / map.high)), 3, 0, `${v / 10}`, 4);
    pen.textAlign = "center";
    sideways(pen, log ? "share of draws (%); white: none" : "share of draws (%)", x + 56, FRAME.top + h / 2);
  }

  function read() {
    const map = maps[choice.value], cells = map.cells[slider.value];
    const middle = ([low, high], i, n) => digits(Number((low * (high / low) ** ((i + 0.5) / n)).toPrecision(2)));
    const good = cells.filter(known), mean = good.reduce((sum, v) => sum + v, 0) / (good.length || 1);
    stop.textContent = `${map.stops[slider.value]}: ` + (good.length ? `${(mean / 10).toFixed(1)} % of all draws` : "not available");
    slider.setAttribute("aria-valuetext", stop.textContent);
    canvas.setAttribute("aria-label", `${map.label}, ${stop.textContent}; perturber mass against perturber axis`);
    if (!cell) return void (reading.textContent = "Point at the map, or use the arrow keys on it, to read a cell.");
    const share = cells[cell[0] * map.shape[1] + cell[1]];
    reading.textContent = `Perturber of ${middle(map.mass, cell[0], map.shape[0])} solar masses at ${middle(map.axis, cell[1], map.shape[1])} au: `
      + (share === null ? "not available" : `${(share / 10).toFixed(1)} %`);
  }
  const refresh = () => (read(), drawMap());
  function chooseMap() {
    const map = maps[choice.value];
    slider.max = map.stops.length - 1;
    slider.value = map.falling ? slider.max : 0;
    sliderLabel.textContent = map.slider[0].toUpperCase() + map.slider.slice(1);
    cell = null;
    refresh();
  }
  const sliderLabel = el("label", { for: "xp-stop" });
  choice.addEventListener("change", chooseMap);
  slider.addEventListener("input", refresh);
  canvas.addEventListener("pointermove", (event) => {
    const [m, n] = maps[choice.value].shape, corner = canvas.getBoundingClientRect();
    const j = Math.floor(((event.clientX - corner.left - FRAME.left) / (corner.width - FRAME.left - FRAME.right)) * n);
    const i = m - 1 - Math.floor(((event.clientY - corner.top - FRAME.top) / (corner.height - FRAME.top - FRAME.bottom)) * m);
    cell = i >= 0 && i < m && j >= 0 && j < n ? [i, j] : null;
    refresh();
  });
  canvas.addEventListener("keydown", (event) => {
    const way = ARROWS[event.key], [m, n] = maps[choice.value].shape;
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    cell = cell ? [clamp(cell[0] - way[1], 0, m - 1), clamp(cell[1] + way[0], 0, n - 1)] : [Math.floor(m / 2), Math.floor(n / 2)];
    refresh();
  });

  // -- the page --------------------------------------------------------------------------------------------------------

  const glyph = (marker, shade, mark = "") => svg("svg", { viewBox: `-9 ${mark === "<" ? -6 : -12} 18 24`, class: "xp-glyph", "aria-hidden": "true" },
    svg("path", { d: MARKERS[marker], fill: shade }), svg("path", { d: BOUND_MARKS[mark] || "", fill: "none" }));
  const target = systems.find((system) => system.target);
  const legend = el("p", { class: "xp-legend" },
    ...data.methods.filter((method) => systems.some((system) => system.method === method.name)).map((method) => el("span", {}, glyph(method.marker, method.colour), method.name.toLowerCase())),
    ...(target ? [el("span", {}, glyph("*", "currentColor"), target.name)] : []), el("span", {}, glyph("o", "none"), "hollow: e set to zero, or no candidate"),
    el("span", {}, glyph("o", "none", "<"), "arrow: upper limit of e, or of the mass and so of q"), el("span", {}, glyph("o", "none", "≥"), "line upwards: minimum mass, q is at least this"));
  root.append(
    ...(data.partial ? [el("p", { class: "xp-count" }, data.partial.note)] : []),
    el("p", { id: "xp-keys", class: "xp-help" }, "Drag a frame in either diagram: its companions stay bright in both and in the list. Click a point for its card. "
      + "Keys on a diagram: arrows go to the next companion, Shift with arrows draws a frame around it, Escape removes the frame."),
    el("div", { class: "xp-plots" }, ...panels.map((one) => one.plot)), legend,
    el("div", { class: "xp-lookup" },
      el("div", { class: "xp-finder" }, el("label", { for: "xp-search" }, "Find a companion"), search, el("label", { for: "xp-list", class: "xp-hidden" }, "Companions"), list, count, clear), card), summary,
    el("h3", {}, "Feasibility maps"),
    el("div", { class: "xp-controls" }, el("div", {}, el("label", { for: "xp-map" }, "Share of draws that is"), choice), el("div", {}, sliderLabel, slider, stop)),
    canvas, reading, el("p", { id: "xp-mapkeys", class: "xp-hidden" }, "Arrow keys move from cell to cell."),
    el("p", { class: "xp-help" }, `Data: results/explorer.json, from ${data.sources.join(", ")}.`));
  let ground = root; // names in the diagrams get a halo of the page's own colour, whatever its theme
  while (ground.parentElement && /^(transparent|rgba\(0, 0, 0, 0\))$/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  root.style.setProperty("--xp-page", getComputedStyle(ground).backgroundColor);
  panels.forEach(listen);
  root.hidden = false;
  fillList();
  select(selected);
  chooseMap();
  let wide = canvas.clientWidth;
  new ResizeObserver(() => canvas.clientWidth !== wide && ((wide = canvas.clientWidth), drawMap())).observe(canvas);
})();
