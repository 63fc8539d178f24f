// Asks numbers by mouse, keyboard and tap, and writes down what a reader would meet.
(async () => {
  const wait = (time) => new Promise((done) => setTimeout(done, time));
  const box = document.getElementById("tr-box"), seen = {};
  const spans = [...document.querySelectorAll('.num[role="button"]')], [first, second, third] = spans;
  const press = (element, key, more) => element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  const told = () => Object.fromEntries([...box.querySelectorAll("dt")].map((name) => [name.textContent, name.nextSibling.textContent]));
  seen.keys = spans.map((span) => span.dataset.k);
  seen.stops = spans.every((span) => span.tabIndex === 0 && span.getAttribute("aria-haspopup") === "dialog");
  seen.atFirst = box.hidden;

  first.dispatchEvent(new MouseEvent("mouseenter"));
  await wait(400);
  seen.hovered = [!box.hidden, document.activeElement === box, box.getAttribute("role"), document.getElementById(box.getAttribute("aria-labelledby")).textContent];
  seen.first = told();
  first.dispatchEvent(new MouseEvent("mouseleave"));
  box.dispatchEvent(new MouseEvent("mouseenter"));
  await wait(500);
  seen.kept = !box.hidden;
  box.dispatchEvent(new MouseEvent("mouseleave"));
  await wait(500);
  seen.left = box.hidden;

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

  seen.images = document.images.length;
  seen.problems = problems;
  seen.resources = performance.getEntriesByType("resource").map((entry) => entry.name);
  const report = document.createElement("pre");
  report.id = "report";
  report.textContent = JSON.stringify(seen);
  document.body.append(report);
})();
