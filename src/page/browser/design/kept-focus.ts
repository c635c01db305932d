const FOCUSABLE =
  "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex='0']";
/** A grid keeps its focus by itself: it knows which cell is the next. */
const GRID = ".grid-frame";

/**
 * Keeps the focus near its place when what has it goes, such as a notice that is closed: the browser
 * would leave a keyboard user at the start of the page.
 */
export function keepFocus(root: Element): void {
  let held: readonly Element[] = [];
  root.addEventListener("focusin", ({ target }) => {
    held = target instanceof Element && target.closest(GRID) === null ? pathOf(target) : [];
  });
  root.addEventListener("focusout", () => {
    // A removed element loses the focus, too: only afterwards the two differ.
    queueMicrotask(() => {
      if (held[0]?.isConnected && held[0] !== document.activeElement) held = [];
    });
  });
  new MutationObserver(() => {
    const [gone, ...around] = held;
    if (gone === undefined || gone.isConnected) return;
    held = [];
    if (document.activeElement !== document.body) return;
    for (const each of around) if (each.isConnected && focusIn(each)) return;
  }).observe(root, { childList: true, subtree: true });
}

/** An element and all it is in, up to the document. */
function pathOf(element: Element): Element[] {
  const path = [];
  for (let each: Element | null = element; each !== null; each = each.parentElement)
    path.push(each);
  return path;
}

/** Gives the focus to the first part of an element that takes it. */
function focusIn(element: Element): boolean {
  for (const part of element.querySelectorAll<HTMLElement>(FOCUSABLE)) {
    part.focus({ preventScroll: true });
    if (part === document.activeElement) return true;
  }
  return false;
}
