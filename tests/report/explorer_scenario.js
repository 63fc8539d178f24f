// A reader's session, run inside the page: writes what it saw into #report as JSON, for the test to judge.
addEventListener("load", async () => {
  const seen = {};
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const key = (node, name, extra = {}) => node.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...extra }));
  const lit = () => all(".xp-plot").map((plot) => plot.querySelectorAll(".xp-point:not(.xp-dim)").length);
  const listed = () => all("#xp-list option").length;
  const name = () => one("#xp-name").textContent;
  const paint = () => one("canvas").toDataURL();
  const typed = (text) => { one("#xp-search").value = text; one("#xp-search").dispatchEvent(new Event("input")); return one("#xp-count").textContent; };
  const choose = (value) => { one("#xp-list").value = value; one("#xp-list").dispatchEvent(new Event("change")); };
  const written = []; // words on the canvas, and the colours of the bar from top to bottom
  const write = CanvasRenderingContext2D.prototype.fillText, paintCell = CanvasRenderingContext2D.prototype.fillRect;
  let bar = [];
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) { written.push(text); return write.call(this, text, ...rest); };
  CanvasRenderingContext2D.prototype.fillRect = function (...place) { if (place[2] === 14) bar.push(this.fillStyle); return paintCell.apply(this, place); };
  Element.prototype.setPointerCapture = () => {}; // made-up pointers cannot be captured
  try {
    seen.first = name();
    seen.all = [listed(), lit()];
    // search by name, take the match, and leave the field downwards into the list
    const search = one("#xp-search");
    search.value = "toi 6894";
    search.dispatchEvent(new Event("input"));
    seen.found = all("#xp-list option").map((option) => option.textContent);
    key(search, "Enter");
    seen.searched = name();
    key(search, "ArrowDown");
    seen.inList = document.activeElement.id;
    seen.live = all("[aria-live], [role=status]").map((node) => node.textContent).filter((text) => text.includes("TOI-6894")).length;
    search.value = "";
    search.dispatchEvent(new Event("input"));
    one("#xp-list").value = one("#xp-list").options[0].value;
    one("#xp-list").dispatchEvent(new Event("change"));
    seen.chosen = [name(), one("#xp-list").options[0].textContent];
    // nothing typed, or nothing that could be found, chooses nothing
    const stood = name();
    key(search, "Enter");
    seen.nothing = [name() === stood, typed("???"), listed(), (key(search, "Enter"), name() === stood)];
    one(".xp-plot").focus(), key(one(".xp-plot"), "ArrowRight");
    seen.follows = [one("#xp-count").textContent.endsWith(`shows ${name()}`), name() !== stood];
    typed("");
    // limits and minimum masses, in the sentence and in the diagrams
    seen.bounds = ["TOI-2406 b", "Proxima Cen b", "TOI-6894 b"].map((wanted) => {
      choose([...one("#xp-list").options].find((option) => option.textContent === wanted).value);
      return one(".xp-hidden[aria-live]").textContent;
    });
    seen.marks = all(".xp-plot").map((plot) => ["M0 5", "M0-4V"].map((start) => plot.querySelectorAll(`.xp-point .xp-arrow[d^="${start}"]`).length));
    // the card keeps its height, so that what stands below it stays where it is
    const tall = new Set(), below = new Set();
    for (const option of [...one("#xp-list").options]) {
      choose(option.value);
      tall.add(one(".xp-card").offsetHeight), below.add(Math.round(one("canvas").getBoundingClientRect().top + scrollY));
    }
    seen.card = [tall.size, below.size, one(".xp-card").tabIndex, getComputedStyle(one(".xp-card")).overflowY];
    // drag a frame over a part of the first diagram
    const plot = one(".xp-plot"), corner = plot.getBoundingClientRect();
    const point = (kind, x, y) => plot.dispatchEvent(new PointerEvent(kind, { clientX: corner.left + x * corner.width, clientY: corner.top + y * corner.height, pointerId: 1, button: 0, bubbles: true }));
    point("pointerdown", 0.2, 0.2), point("pointermove", 0.6, 0.6), point("pointerup", 0.6, 0.6);
    seen.brushed = [listed(), lit()];
    const [, , width, height] = plot.getAttribute("viewBox").split(" ").map(Number);
    seen.inside = [...plot.querySelectorAll(".xp-point")].filter((node) => {
      const [x, y] = node.getAttribute("transform").match(/[\d.]+/g).map(Number);
      return x > 0.2 * width && x < 0.6 * width && y > 0.2 * height && y < 0.6 * height;
    }).length;
    const far = [...plot.querySelectorAll(".xp-point")].length - lit()[0];
    seen.beyond = [far, typed("b"), typed("toi 6894"), typed("no such name")];
    typed("");
    one(".xp button").focus();
    one(".xp button").click();
    seen.cleared = [listed(), lit()];
    seen.kept = [document.activeElement === plot, one(".xp button").disabled, one(".xp button").textContent, all(".xp-help, .xp-count, .xp button").some((node) => node.textContent.includes("box"))];
    // the keyboard alone
    const focusable = all(".xp-plot, #xp-search, #xp-list, .xp-card, #xp-map, #xp-stop, canvas");
    seen.focus = focusable.map((node) => (node.focus(), document.activeElement === node && node.tabIndex === 0));
    const before = name();
    for (const arrow of ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"]) key(plot, arrow);
    seen.moved = new Set([before, name(), (key(plot, "ArrowRight"), name()), (key(plot, "ArrowUp"), name())]).size > 1;
    key(plot, "ArrowRight", { shiftKey: true });
    seen.grown = lit()[0];
    key(plot, "Escape");
    seen.escaped = lit()[0];
    // every stop of every map
    seen.maps = [];
    for (const option of one("#xp-map").options) {
      one("#xp-map").value = option.value;
      one("#xp-map").dispatchEvent(new Event("change"));
      const slider = one("#xp-stop");
      seen.bars ??= [], seen.words ??= [];
      slider.value = 0, bar = [], written.length = 0;
      slider.dispatchEvent(new Event("input"));
      seen.bars.push([bar[0], bar.at(-1)]), seen.words.push([option.textContent, one("label[for=xp-stop]").textContent, [...written]]);
      for (let i = 0; i <= Number(slider.max); i++) {
        slider.value = i;
        slider.dispatchEvent(new Event("input"));
        seen.maps.push([slider.getAttribute("aria-valuetext"), paint().length > 1000]);
      }
    }
    const blank = paint();
    key(one("canvas"), "ArrowUp");
    seen.reading = [one("#xp-reading").textContent, paint() !== blank];
    seen.images = all(".xp img").length;
    seen.resources = performance.getEntriesByType("resource").map((entry) => entry.name).filter((address) => !address.startsWith("data:"));
  } catch (error) {
    window.problems.push(String(error));
  }
  seen.problems = window.problems;
  const report = document.createElement("pre");
  report.id = "report";
  report.textContent = JSON.stringify(seen);
  document.body.append(report);
});
