// Asks numbers by mouse, keyboard and tap, and writes down what a reader would meet.
(async () => {
  const wait = (time) => new Promise((done) => setTimeout(done, time));
  const box = document.getElementById("tr-box"), seen = {};
  const spans = [...document.querySelectorAll('.num[role="button"]')], [first, second, third, verdict] = spans;
  const press = (element, key, more) => element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  const told = () => Object.fromEntries([...box.querySelectorAll("dt")].map((name) => [name.textContent, name.nextSibling.textContent]));
  seen.keys = spans.map((span) => span.dataset.k);
  seen.stops = spans.every((span) => span.tabIndex === 0 && span.getAttribute("aria-haspopup") === "dialog");
  seen.atFirst = box.hidden;

  const mouse = (kind, element, other = document.body) => element.dispatchEvent(new MouseEvent(kind, { bubbles: true, relatedTarget: other }));
  mouse("mouseover", first);
  await wait(400);
  seen.hovered = [!box.hidden, document.activeElement === box, box.getAttribute("role"), document.getElementById(box.getAttribute("aria-labelledby")).textContent];
  seen.first = told();
  mouse("mouseout", first);
  mouse("mouseover", box, first);
  await wait(500);
  seen.kept = !box.hidden;
  mouse("mouseout", box);
  await wait(500);
  seen.left = box.hidden;
  mouse("mouseover", second);
  mouse("mouseout", second, second.firstElementChild), mouse("mouseover", second.firstElementChild, second); // over its own markup
  await wait(400);
  seen.markup = !box.hidden;
  mouse("mouseout", second.firstElementChild);
  await wait(500);

  second.focus();
  seen.quiet = box.hidden;
  press(second, "Enter");
  seen.entered = [!box.hidden, document.activeElement === box, second.getAttribute("aria-expanded")];
  seen.second = told();
  press(box, "Escape");
  seen.escaped = [box.hidden, document.activeElement === second, second.getAttribute("aria-expanded")];
  press(second, " ");
  box.querySelector("button").focus();
  press(document.activeElement, "Tab");
  seen.tabbed = [box.hidden, document.activeElement === second];

  third.click();
  seen.tapped = [!box.hidden, document.activeElement === box];
  seen.third = told();
  const place = box.getBoundingClientRect();
  seen.inside = place.left >= 0 && place.right <= document.documentElement.clientWidth;
  box.querySelector("button").click();
  seen.closed = [box.hidden, document.activeElement === third];
  third.click();
  document.body.click();
  seen.outside = box.hidden;

  // a verdict of several lines, wherever it stands in the window
  const page = document.documentElement;
  seen.verdict = [];
  for (const height of [0, 0.25, 0.5, 0.75, 1]) {
    const lines = verdict.getBoundingClientRect();
    scrollTo(0, scrollY + lines.top - height * (page.clientHeight - lines.height));
    const before = scrollY;
    verdict.click();
    const { left, right, top, bottom } = box.getBoundingClientRect();
    seen.verdict.push({
      lines: verdict.getClientRects().length, moved: scrollY - before, within: left >= 0 && top >= 0 && right <= page.clientWidth && bottom <= page.clientHeight,
      hides: [...verdict.getClientRects()].some((line) => line.bottom > top && line.top < bottom), reach: getComputedStyle(box).overflowY, room: page.clientHeight,
    });
    if (height === 0) seen.told = told();
    press(box, "Escape");
    seen.back = document.activeElement === verdict;
  }

  // a copy, as previews of figures and tables hold them, which goes away while its box is open
  const link = document.querySelector("#preview");
  const preview = document.createElement("div");
  preview.dataset.tippyRoot = "";
  preview.append(Object.assign(document.createElement("div"), { className: "tippy-content" }));
  preview.firstChild.append(first.cloneNode(true));
  link.setAttribute("aria-expanded", "true");
  link.after(preview);
  const copy = preview.querySelector(".num");
  mouse("mouseover", copy);
  await wait(400);
  seen.copied = [!box.hidden, told().Key, getComputedStyle(preview.firstChild).overflowY, parseFloat(getComputedStyle(preview.firstChild).maxHeight) / innerHeight];
  press(copy, "Enter");
  seen.copyEntered = document.activeElement === box;
  preview.remove();
  press(box, "Escape");
  seen.copyGone = [box.hidden, document.activeElement === link];

  seen.images = document.images.length;
  seen.problems = problems;
  seen.resources = performance.getEntriesByType("resource").map((entry) => entry.name);
  const report = document.createElement("pre");
  report.id = "report";
  report.textContent = JSON.stringify(seen);
  document.body.append(report);
})();
