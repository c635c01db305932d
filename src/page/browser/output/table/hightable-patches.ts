import type { RefObject } from "preact";
import { h, options } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Schema } from "../../../../frame/schema.ts";
import type { RowBlocks } from "./row-blocks.ts";

/** A cell of the grid by its place, counted from 1, heads of rows and columns included. */
interface CellPlace {
  readonly rowIndex: number;
  readonly colIndex: number;
}

const CELL = "[aria-rowindex][aria-colindex]";
const ENTERING = new Set(["Tab", "Enter", " "]);

/** Whether the focus is somewhere in an element. */
function hasFocus(element: Element | null): boolean {
  return element?.contains(document.activeElement) === true;
}

/**
 * Keeps the focus of a grid in the grid: when the row in focus goes, the browser would leave whoever
 * is in it at the start of the page. The nearest cell that is there gets the focus, before another
 * key can come. Returns what ends that.
 */
function keepGridFocus(frame: HTMLElement): () => void {
  let held: { readonly cell: Element; readonly place: CellPlace } | undefined;
  function onFocusIn({ target }: FocusEvent): void {
    const cell = (target as Element).closest(CELL);
    held = cell === null ? undefined : { cell, place: placeOf(cell) };
  }
  function onFocusOut(): void {
    // a cell loses the focus also as it is removed: only afterwards the two differ
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
export function patchGridFocus(): void {
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

/**
 * Corrects the roles that the grid gives its parts: the cells of a grid are no cells of a table, the
 * corner is the head of the row numbers, and neither heads of rows nor the handles that resize have
 * the attributes `aria-checked` and `aria-orientation` (that a row is chosen, the row itself tells,
 * and the box that shows it is a picture for the eye alone).
 */
export function patchGridRoles(): void {
  if (isPatched) return;
  isPatched = true;
  const before = options.vnode;
  options.vnode = (vnode) => {
    const props: Record<string, unknown> = vnode.props;
    if (vnode.type === "td") patchCell(props);
    else if (vnode.type === "th") props["aria-checked"] = undefined;
    else if (vnode.type === "input" && props["role"] === "presentation") {
      props["aria-hidden"] = "true";
    } else if (vnode.type === "span" && props["role"] === "spinbutton") {
      props["aria-orientation"] = undefined;
    }
    before?.(vnode);
  };
}

function patchCell(props: Record<string, unknown>): void {
  // to delete it would make each of these objects slow
  props["aria-checked"] = undefined;
  if (props["role"] === "cell") props["role"] = "gridcell";
  const isCorner = props["role"] === undefined && props["aria-colindex"] === 1;
  if (!isCorner) return;
  props["role"] = "columnheader";
  props["children"] = [props["children"], h("span", { class: "only-heard" }, "Row")];
}

let isPatched = false;

/** Gives a grid a name of its own; it calls itself "caption", as does every other of the page. */
export function nameGrid(element: HTMLElement, id: string, name: string): void {
  const caption = element.querySelector("caption");
  if (caption === null) return;
  caption.id = id;
  caption.textContent = name;
  for (const part of element.querySelectorAll('[aria-labelledby="caption"], table')) {
    part.setAttribute("aria-labelledby", id);
  }
}

/**
 * Spares two drawings of all cells whenever rows come. The grid asks then whether all rows are
 * chosen, and says that it is busy until it knows; mostly it knows in the same moment. Whoever draws
 * a moment later, still before the paint, finds that nothing has changed.
 */
export function patchGridDraws(): void {
  options.debounceRendering ??= (draw) => queueMicrotask(() => queueMicrotask(draw));
}

/** The props of a grid for the cell that its keys go from. */
interface GridFocus {
  readonly cellPosition: CellPlace;
  readonly onCellPositionChange: (place: CellPlace) => void;
}

const CORNER: CellPlace = { rowIndex: 1, colIndex: 1 };

/**
 * Keeps the focus of a grid where the viewer has it. When there are too few rows for the cell that
 * its keys go from, the grid asks for the last row and puts the focus there, which it must not take
 * from whoever is elsewhere: at an input that changes the rows, for one. Then the cell stays the
 * same, for rows to come.
 */
export function useGridFocus(
  element: RefObject<HTMLElement | null>,
  blocks: RowBlocks,
  columns: Schema,
): GridFocus {
  useEffect(() => (element.current === null ? undefined : keepGridFocus(element.current)), []);
  const [cellPosition, setPosition] = useState(CORNER);
  const onCellPositionChange = useCallback(
    (next: CellPlace) =>
      setPosition((before) => {
        const last = lastPlace(blocks, columns);
        const nearest = within(before, last);
        const isUnasked = !isSame(before, nearest) && isSame(next, nearest);
        return isUnasked && !hasFocus(element.current) ? before : within(next, last);
      }),
    [blocks, columns],
  );
  // at once where the viewer is in the grid: the next key goes from the cell that then has the focus
  useLayoutEffect(() => {
    if (hasFocus(element.current)) {
      setPosition((before) => {
        const nearest = within(before, lastPlace(blocks, columns));
        return isSame(before, nearest) ? before : nearest;
      });
    }
  }, [blocks.rows, columns]);
  return useMemo(
    () => ({ cellPosition, onCellPositionChange }),
    [cellPosition, onCellPositionChange],
  );
}

function lastPlace({ rows }: RowBlocks, columns: Schema): CellPlace {
  return { rowIndex: rows + 1, colIndex: columns.length + 1 };
}

function within({ rowIndex, colIndex }: CellPlace, last: CellPlace): CellPlace {
  return {
    rowIndex: Math.max(1, Math.min(rowIndex, last.rowIndex)),
    colIndex: Math.max(1, Math.min(colIndex, last.colIndex)),
  };
}

function isSame(left: CellPlace, right: CellPlace): boolean {
  return left.rowIndex === right.rowIndex && left.colIndex === right.colIndex;
}
