/** A cell as the graph's picture knows it. */
export interface GraphCell {
  readonly name: string;
  /** names of the cells whose values it gets */
  readonly dependencies: readonly string[];
}

/** Where a cell stands in the picture; its left upper corner. */
export interface GraphNode {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** A line from a cell to one that uses it, through free places between the cells that it passes. */
interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** the path of an SVG */
  readonly path: string;
}

export interface GraphLayout {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly width: number;
  readonly height: number;
}

export const NODE_HEIGHT = 30;
const GAP_X = 44;
const GAP_Y = 12;
/** of a line that passes a column */
const PASSAGE_HEIGHT = 8;
const MARGIN = 3;
const LETTER = 7.3;
const PADDING = 34;
const MOST_WIDTH = 190;
/** How often the order within columns is improved. */
const SWEEPS = 6;

/** A cell, or a place where a long line passes a column. */
interface Spot {
  readonly cell: string | undefined;
  readonly column: number;
  readonly before: Spot[];
  readonly after: Spot[];
  y: number;
}

/** Places cells from left to right, each to the right of all that it hangs on. */
export function layOutGraph(cells: readonly GraphCell[]): GraphLayout {
  const known = new Set(cells.map(({ name }) => name));
  const linked = cells.map(({ name, dependencies }) => ({
    name,
    dependencies: dependencies.filter((each) => known.has(each)),
  }));
  const columnOf = toColumns(linked);
  const spots = new Map(linked.map(({ name }) => [name, newSpot(name, columnOf.get(name) ?? 0)]));
  const passages = linked.flatMap(({ name, dependencies }) =>
    dependencies.flatMap((each) => link(spots.get(each), spots.get(name))),
  );
  const columns = toColumnLists([...spots.values(), ...passages]);
  orderColumns(columns);
  const height = placeRows(columns);
  const lefts = toLefts(columns);
  const nodes = [...spots.values()].map((spot) => toNode(spot, lefts));
  return {
    nodes,
    edges: linked.flatMap(({ name, dependencies }) =>
      dependencies.map((from) => ({ from, to: name, path: toPath(from, name, spots, lefts) })),
    ),
    width: Math.max(0, ...nodes.map(({ x, width }) => x + width)) + MARGIN,
    height,
  };
}

/** One more than the furthest of those it hangs on. */
function toColumns(cells: readonly GraphCell[]): ReadonlyMap<string, number> {
  const columns = new Map<string, number>();
  const byName = new Map(cells.map((cell) => [cell.name, cell]));
  const columnOf = (name: string): number => {
    const known = columns.get(name);
    if (known !== undefined) return known;
    // The server refuses loops; should one come all the same, it ends here.
    columns.set(name, 0);
    const above = (byName.get(name)?.dependencies ?? []).map(columnOf);
    const column = above.length === 0 ? 0 : Math.max(...above) + 1;
    columns.set(name, column);
    return column;
  };
  for (const { name } of cells) columnOf(name);
  return pullSources(cells, columns);
}

/** Puts what hangs on nothing right before the first cell that uses it: long lines say little. */
function pullSources(
  cells: readonly GraphCell[],
  columns: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const pulled = new Map(columns);
  for (const { name, dependencies } of cells) {
    if (dependencies.length > 0) continue;
    const users = cells.filter((each) => each.dependencies.includes(name));
    const first = Math.min(...users.map((each) => columns.get(each.name) ?? 1));
    if (users.length > 0) pulled.set(name, first - 1);
  }
  return pulled;
}

function newSpot(cell: string | undefined, column: number): Spot {
  return { cell, column, before: [], after: [], y: 0 };
}

/** Links two cells, and gives the passages through the columns between them. */
function link(from: Spot | undefined, to: Spot | undefined): Spot[] {
  if (from === undefined || to === undefined) return [];
  const passages: Spot[] = [];
  let last = from;
  for (let column = from.column + 1; column < to.column; column++) {
    const passage = newSpot(undefined, column);
    connect(last, passage);
    passages.push(passage);
    last = passage;
  }
  connect(last, to);
  return passages;
}

function connect(from: Spot, to: Spot): void {
  from.after.push(to);
  to.before.push(from);
}

function toColumnLists(spots: readonly Spot[]): Spot[][] {
  const columns: Spot[][] = [];
  for (const spot of spots) {
    columns[spot.column] ??= [];
    columns[spot.column]?.push(spot);
  }
  return columns;
}

/** Puts each spot near the middle of those it is linked with, from both sides in turn. */
function orderColumns(columns: readonly Spot[][]): void {
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForward = sweep % 2 === 0;
    for (const column of isForward ? columns : columns.toReversed()) {
      const places = new Map(columns.flatMap((each) => each.map((spot, place) => [spot, place])));
      const middle = (spot: Spot): number => {
        const linked = isForward ? spot.before : spot.after;
        if (linked.length === 0) return places.get(spot) ?? 0;
        return linked.reduce((sum, each) => sum + (places.get(each) ?? 0), 0) / linked.length;
      };
      const middles = new Map(column.map((spot) => [spot, middle(spot)]));
      column.sort((one, other) => (middles.get(one) ?? 0) - (middles.get(other) ?? 0));
    }
  }
}

function heightOf({ cell }: Spot): number {
  return cell === undefined ? PASSAGE_HEIGHT : NODE_HEIGHT;
}

/** Stacks each column around a common middle; gives the height of the picture. */
function placeRows(columns: readonly Spot[][]): number {
  const heights = columns.map((column) =>
    column.reduce((sum, spot) => sum + heightOf(spot) + GAP_Y, -GAP_Y),
  );
  const tallest = Math.max(0, ...heights);
  for (const [index, column] of columns.entries()) {
    let y = MARGIN + (tallest - (heights[index] ?? 0)) / 2;
    for (const spot of column) {
      spot.y = y;
      y += heightOf(spot) + GAP_Y;
    }
  }
  return tallest + 2 * MARGIN;
}

function toLefts(columns: readonly Spot[][]): readonly number[] {
  let x = MARGIN;
  return [...columns, []].map((column) => {
    const left = x;
    x += widthOf(column) + GAP_X;
    return left;
  });
}

/** All cells of a column are as wide as the widest. */
function widthOf(column: readonly Spot[]): number {
  const letters = Math.max(0, ...column.map(({ cell }) => cell?.length ?? 0));
  return Math.min(MOST_WIDTH, Math.round(letters * LETTER + PADDING));
}

function toNode({ cell = "", column, y }: Spot, lefts: readonly number[]): GraphNode {
  const x = lefts[column] ?? 0;
  return { name: cell, x, y, width: (lefts[column + 1] ?? x) - x - GAP_X };
}

/** A curve between the columns, straight through the columns that it passes. */
function toPath(
  from: string,
  to: string,
  spots: ReadonlyMap<string, Spot>,
  lefts: readonly number[],
): string {
  const start = spots.get(from);
  const end = spots.get(to);
  if (start === undefined || end === undefined) return "";
  const parts: string[] = [];
  let spot = start;
  while (spot !== end) {
    const next = findNext(spot, end);
    if (next === undefined) return "";
    const left = (lefts[next.column] ?? 0) - GAP_X;
    const right = lefts[next.column] ?? 0;
    const fromY = spot.y + heightOf(spot) / 2;
    const toY = next.y + heightOf(next) / 2;
    const bend = GAP_X / 2;
    parts.push(parts.length === 0 ? `M${left} ${fromY}` : `L${left} ${fromY}`);
    parts.push(`C${left + bend} ${fromY} ${right - bend} ${toY} ${right} ${toY}`);
    spot = next;
  }
  return parts.join("");
}

/** The next spot on the way to a cell; each way has passages of its own. */
function findNext(spot: Spot, end: Spot): Spot | undefined {
  return spot.after.find((each) => each === end || leadsTo(each, end));
}

function leadsTo(spot: Spot, end: Spot): boolean {
  let each: Spot | undefined = spot;
  while (each !== undefined && each.cell === undefined) [each] = each.after;
  return each === end;
}
