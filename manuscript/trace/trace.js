// Where a number of the text comes from: shown on hover; on click, tap, Enter or Space it opens as a dialog that takes the focus and gives it back.
(() => {
  const data = JSON.parse(document.getElementById("tr-data").textContent);
  const make = (tag, text, parent) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };
  const box = make("div", "", document.body);
  Object.assign(box, { className: "tr-box", hidden: true, tabIndex: -1, id: "tr-box" });
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-labelledby", "tr-title");
  const title = make("p", "", box);
  title.id = "tr-title";
  const list = make("dl", "", box);
  const shut = make("button", "×", box);
  shut.type = "button";
  shut.setAttribute("aria-label", "Close");
  let shown = null, pinned = false, timer = 0;

  const rows = (key) => {
    const number = data.numbers[key], made = data.artifacts[number.artifact] || {};
    return [
      ["Value", number.value], ["Unit", number.unit], ["Meaning", number.meaning], ["Source", number.source],
      ["Statement", number.statement], ["Verdict", number.verdict], ["Effect", number.effect], ["p", number.p], ["Test", number.test], ["Rule", number.rule],
      ["Evidence", number.evidence && "results/" + number.evidence], ["Key", key],
      ["Artifact", "results/" + number.artifact], ["Field", number.field], ["Formatter", number.format], ["Written by", made.script],
      ["Stages", made.stages], ["Artifact sha256", made.sha256], ["Data sha256", data.data], ["Code", data.code], ["Commit", data.commit],
    ].filter((row) => row[1]);
  };
  const hide = (back) => {
    clearTimeout(timer);
    if (!shown) return;
    const last = shown;
    shown.setAttribute("aria-expanded", "false");
    box.hidden = true;
    shown = null;
    if (back && pinned) last.focus();
    pinned = false;
  };
  const show = (span, pin) => {
    clearTimeout(timer);
    if (shown && shown !== span) hide(false);
    title.textContent = "Origin of " + (span.matches(".said") ? "this verdict" : span.textContent.trim());
    list.replaceChildren();
    for (const [name, text] of rows(span.dataset.k)) { make("dt", name, list); make("dd", text, list); }
    [shown, pinned] = [span, pin || pinned];
    span.setAttribute("aria-expanded", "true");
    box.hidden = false;
    const place = span.getClientRects()[0] || span.getBoundingClientRect(), page = document.documentElement;
    const above = place.bottom + box.offsetHeight + 8 > page.clientHeight && place.top > box.offsetHeight + 8;
    box.style.left = scrollX + Math.max(8, Math.min(place.left, page.clientWidth - box.offsetWidth - 8)) + "px";
    box.style.top = scrollY + (above ? place.top - box.offsetHeight - 4 : place.bottom + 4) + "px";
    if (pin) box.focus({ preventScroll: !above && place.bottom + box.offsetHeight < page.clientHeight });
  };
  const later = (act, wait) => { clearTimeout(timer); timer = setTimeout(act, wait); };
  const leave = () => { if (!pinned) later(() => hide(false), 300); };

  for (const span of document.querySelectorAll(".num[data-k]")) {
    if (!Object.hasOwn(data.numbers, span.dataset.k) || span.closest("a, button")) continue;
    span.tabIndex = 0;
    for (const [name, value] of [["role", "button"], ["aria-haspopup", "dialog"], ["aria-expanded", "false"], ["aria-controls", "tr-box"]]) span.setAttribute(name, value);
    span.addEventListener("mouseenter", () => { if (!pinned) later(() => show(span, false), 250); });
    span.addEventListener("mouseleave", leave);
    span.addEventListener("click", (event) => { event.stopPropagation(); if (shown === span && pinned) hide(true); else show(span, true); });
    span.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      show(span, true);
    });
  }
  box.addEventListener("mouseenter", () => clearTimeout(timer));
  box.addEventListener("mouseleave", leave);
  box.addEventListener("click", (event) => event.stopPropagation());
  shut.addEventListener("click", () => hide(true));
  document.addEventListener("click", () => hide(false));
  document.addEventListener("keydown", (event) => {
    const ends = event.key === "Tab" && pinned && document.activeElement === (event.shiftKey ? box : shut);
    if (event.key === "Escape" || ends) { if (ends) event.preventDefault(); hide(true); }
  });
  document.documentElement.classList.add("tr-on");
})();
