/** A cell of the grid by its place, counted from 1, heads of rows and columns included. */
export interface CellPlace {
  readonly rowIndex: number;
  readonly colIndex: number;
}

const CELL = "[aria-rowindex][aria-colindex]";
const ENTERING = new Set(["Tab", "Enter", " "]);

/** Whether the focus is somewhere in an element. */
export function hasFocus(element: Element | null): boolean {
  return element?.contains(document.activeElement) === true;
}

/**
 * Keeps the focus of a grid in the grid: when the row in focus goes, the browser would leave whoever
 * is in it at the start of the page. The nearest cell that is there gets the focus, before another
 * key can come. Returns what ends that.
 */
export function keepGridFocus(frame: HTMLElement): () => void {
  let held: { readonly cell: Element; readonly place: CellPlace } | undefined;
  function onFocusIn({ target }: FocusEvent): void {
    const cell = (target as Element).closest(CELL);
    held = cell === null ? undefined : { cell, place: placeOf(cell) };
  }
  function onFocusOut(): void {
    // a cell loses the focus also as it is removed: only afterwards that can be told apart
    queueMicrotask(() => {
      if (held?.cell.isConnected && !hasFocus(held.cell)) held = undefined;
    });
  }
  const observer = new MutationObserver(() => {
    if (held === undefined || held.cell.isConnected) return;
    const { place } = held;
    held = undefined;
    if (document.activeElement !== document.body) return;
    nearestCell(frame, place)?.focus({ preventScroll: true });
  });
  frame.addEventListener("focusin", onFocusIn);
  frame.addEventListener("focusout", onFocusOut);
  observer.observe(frame, { childList: true, subtree: true });
  return () => {
    observer.disconnect();
    frame.removeEventListener("focusin", onFocusIn);
    frame.removeEventListener("focusout", onFocusOut);
  };
}

/**
 * Leaves the focus to whoever has gone elsewhere. The grid gives it to a cell, and scrolls the page
 * there, some frames after the key or the click that it follows: by then a viewer may be typing in
 * an input.
 */
export function mendGridFocus(): void {
  const { prototype } = HTMLTableCellElement;
  const { focus, scrollIntoView } = prototype;
  prototype.focus = function (options) {
    if (!isLeft(this)) focus.call(this, options);
  };
  prototype.scrollIntoView = function (options) {
    if (!isLeft(this)) scrollIntoView.call(this, options);
  };
}

/** Whether something outside the grid of a cell has the focus. */
function isLeft(cell: Element): boolean {
  const frame = cell.closest(".grid-frame");
  return frame !== null && document.activeElement !== document.body && !hasFocus(frame);
}

/**
 * Goes from the edge of a grid to its cell. The grid itself does so some frames later, and on a busy
 * machine a key that is pressed in between would not find the focus there.
 */
export function enterGrid(event: KeyboardEvent): void {
  const edge = event.target as Element;
  if (!ENTERING.has(event.key) || event.shiftKey || !edge.matches("[role=group][tabindex]")) return;
  const cell = edge.querySelector<HTMLElement>(`${CELL}[tabindex="0"]`);
  if (cell === null) return;
  event.preventDefault();
  event.stopPropagation();
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  cell.focus({ preventScroll: true });
}

function nearestCell(frame: Element, { rowIndex, colIndex }: CellPlace): HTMLElement | undefined {
  const cells = [...frame.querySelectorAll<HTMLElement>(CELL)];
  const places = new Map(cells.map((cell) => [cell, placeOf(cell)]));
  const distance = (cell: HTMLElement, index: keyof CellPlace, wanted: number) =>
    Math.abs((places.get(cell)?.[index] ?? 0) - wanted);
  return cells.sort(
    (left, right) =>
      distance(left, "rowIndex", rowIndex) - distance(right, "rowIndex", rowIndex) ||
      distance(left, "colIndex", colIndex) - distance(right, "colIndex", colIndex),
  )[0];
}

function placeOf(cell: Element): CellPlace {
  const [rowIndex, colIndex] = ["aria-rowindex", "aria-colindex"].map((name) =>
    Number(cell.getAttribute(name)),
  );
  return { rowIndex: rowIndex ?? 1, colIndex: colIndex ?? 1 };
}
