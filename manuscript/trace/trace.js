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
  const shut = make("button", "×", box);
  shut.type = "button";
  shut.setAttribute("aria-label", "Close");
  const title = make("p", "", box);
  title.id = "tr-title";
  const list = make("dl", "", box);
  let shown = null, pinned = false, timer = 0, beside = null;
  const LEAST = 120; // pixels of height in which the box is still worth reading

  const rows = (key) => {
    const number = data.numbers[key], made = data.artifacts[number.artifact] || {};
    return [
      ["Value", number.value], ["Unit", number.unit], ["Meaning", number.meaning], ["Source", number.source],
      ["Statement", number.statement], ["Verdict", number.verdict], ["Effect", number.effect], ["p", number.p], ["p, adjusted", number.p_adjusted], ["Power", number.power],
      ["Passes", number.passes], ["Errs in simulations", number.errs], ["Test", number.test], ["Rule", number.rule],
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
    // A copy may be gone by now: what it was shown beside takes the focus.
    if (back && pinned) (last.isConnected ? last : beside)?.focus();
    pinned = false;
  };
  // Below the last line of what it explains, else above the first; where neither has room it is cut to the larger side and scrolls, and covers lines as a last resort.
  const settle = (span) => {
    const lines = [...span.getClientRects()], first = lines[0] || span.getBoundingClientRect(), last = lines.at(-1) || first, page = document.documentElement;
    const low = Math.min(Math.max(last.bottom, 0), page.clientHeight), high = Math.min(Math.max(first.top, 0), page.clientHeight);
    const below = page.clientHeight - low - 12, above = high - 12;
    box.style.maxHeight = page.clientHeight - 16 + "px";
    const under = box.offsetHeight <= below || (box.offsetHeight > above && below >= above), room = under ? below : above;
    if (room >= LEAST && box.offsetHeight > room) box.style.maxHeight = room + "px";
    const height = box.offsetHeight, top = under ? low + 4 : high - height - 4;
    box.style.left = scrollX + Math.max(8, Math.min((under ? last : first).left, page.clientWidth - box.offsetWidth - 8)) + "px";
    box.style.top = scrollY + Math.max(8, Math.min(top, page.clientHeight - height - 8)) + "px";
  };
  const show = (span, pin) => {
    clearTimeout(timer);
    if (shown && shown !== span) hide(false);
    title.textContent = "Origin of " + (span.matches(".said") ? "this verdict" : span.textContent.trim());
    list.replaceChildren();
    for (const [name, text] of rows(span.dataset.k)) { make("dt", name, list); make("dd", text, list); }
    [shown, pinned] = [span, pin || pinned];
    beside = span.closest("[data-tippy-root]")?.parentElement.querySelector('[aria-expanded="true"]:not(.num)');
    span.setAttribute("aria-expanded", "true");
    box.hidden = false;
    box.scrollTop = 0;
    settle(span);
    if (pin) box.focus({ preventScroll: true });
  };
  const later = (act, wait) => { clearTimeout(timer); timer = setTimeout(act, wait); };
  const leave = () => { if (!pinned) later(() => hide(false), 300); };

  for (const span of document.querySelectorAll(".num[data-k]")) {
    if (!Object.hasOwn(data.numbers, span.dataset.k) || span.closest("a, button")) continue;
    span.tabIndex = 0;
    for (const [name, value] of [["role", "button"], ["aria-haspopup", "dialog"], ["aria-expanded", "false"], ["aria-controls", "tr-box"]]) span.setAttribute(name, value);
  }
  // One listener for all, so that numbers answer in copies of the text too, such as previews of figures and tables.
  const asked = (event) => event.target.closest?.('.num[data-k][role="button"]');
  const stays = (event) => [asked(event), shown, box].some((part) => part?.contains(event.relatedTarget));
  document.addEventListener("mouseover", (event) => {
    const span = asked(event);
    if (box.contains(event.target)) clearTimeout(timer);
    else if (span && !pinned && !span.contains(event.relatedTarget)) later(() => show(span, false), 250);
  });
  document.addEventListener("mouseout", (event) => { if ((asked(event) || box.contains(event.target)) && !stays(event)) leave(); });
  document.addEventListener("click", (event) => {
    const span = asked(event);
    if (span) { if (shown === span && pinned) hide(true); else show(span, true); } else if (!box.contains(event.target)) hide(false);
  });
  shut.addEventListener("click", () => hide(true));
  document.addEventListener("keydown", (event) => {
    const span = asked(event);
    if (span && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); show(span, true); }
    const ends = event.key === "Tab" && pinned && document.activeElement === (event.shiftKey ? box : shut);
    if (event.key === "Escape" || ends) { if (ends) event.preventDefault(); hide(true); }
  });
  document.documentElement.classList.add("tr-on");
})();
