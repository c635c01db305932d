import { expectation, HexError } from "../errors.ts";
import type { CellNode } from "./cell-node.ts";

/** The cells of a project and how they hang together; frozen. */
export interface CellGraph {
  /** in file order: the order in which a page shows them */
  readonly cells: readonly CellNode[];
  /** each after the cells it depends on; among equals in file order */
  readonly ordered: readonly CellNode[];
  readonly byName: ReadonlyMap<string, CellNode>;
  /** names of the cells that use each cell directly */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
}

/**
 * Links cells, given in file order, into a graph.
 * @throws {HexError} HEX_CELL_INVALID on an unknown dependency or a frame published twice
 * @throws {HexError} HEX_CELL_CYCLE with the path of a loop
 */
export function toGraph(cells: readonly CellNode[]): CellGraph {
  const byName = new Map(cells.map((cell) => [cell.name, cell]));
  refuseUnknownDependencies(cells, byName);
  refuseSharedFrames(cells);
  const ordered = orderByDependency(cells);
  return Object.freeze({
    cells: Object.freeze([...cells]),
    ordered: Object.freeze(ordered),
    byName,
    dependents: toDependents(cells),
  });
}

/** A cell as far as it says whose values it gets. */
type LinkedCell = Pick<CellNode, "name" | "dependencies">;

/** Names of all cells that the values of the named ones come from, directly or not. */
export function namesAbove(
  cells: readonly LinkedCell[],
  names: readonly string[],
): ReadonlySet<string> {
  return reach(names, toDependencies(cells));
}

/** As `namesAbove`, of one cell after the other, for those who go through all of them. */
export function toNamesAbove(cells: readonly LinkedCell[]): (name: string) => ReadonlySet<string> {
  const dependencies = toDependencies(cells);
  return (name) => reach([name], dependencies);
}

function toDependencies(cells: readonly LinkedCell[]): ReadonlyMap<string, readonly string[]> {
  return new Map(cells.map((cell) => [cell.name, cell.dependencies]));
}

/** Names of all cells that depend on one of the named ones, directly or not. */
export function namesBelow(
  cells: readonly LinkedCell[],
  names: readonly string[],
): ReadonlySet<string> {
  return reach(names, toDependents(cells));
}

/** The names that links lead to; a loop ends by itself. */
function reach(
  names: readonly string[],
  links: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const found = new Set(names.flatMap((name) => links.get(name) ?? []));
  // A set also goes through what is added meanwhile.
  for (const name of found) for (const next of links.get(name) ?? []) found.add(next);
  return found;
}

function toDependents(cells: readonly LinkedCell[]): ReadonlyMap<string, readonly string[]> {
  const dependents = new Map<string, string[]>(cells.map((cell) => [cell.name, []]));
  for (const cell of cells) {
    for (const name of cell.dependencies) dependents.get(name)?.push(cell.name);
  }
  return dependents;
}

function orderByDependency(cells: readonly CellNode[]): CellNode[] {
  const ordered: CellNode[] = [];
  const placed = new Set<string>();
  let waiting = cells;
  while (waiting.length > 0) {
    const ready = waiting.find((cell) => cell.dependencies.every((name) => placed.has(name)));
    if (ready === undefined) throw loopError(waiting);
    ordered.push(ready);
    placed.add(ready.name);
    waiting = waiting.filter((cell) => cell !== ready);
  }
  return ordered;
}

/** The cells left when none is ready hold a loop: following their dependencies comes back. */
function loopError(waiting: readonly CellNode[]): HexError {
  const left = new Map(waiting.map((cell) => [cell.name, cell]));
  const path: CellNode[] = [];
  let cell = waiting[0];
  while (cell !== undefined && !path.includes(cell)) {
    path.push(cell);
    const next = cell.dependencies.find((name) => left.has(name));
    cell = next === undefined ? undefined : left.get(next);
  }
  const loop = cell === undefined ? path : [...path.slice(path.indexOf(cell)), cell];
  const files = loop.map(({ file }) => file).join(" → ");
  return new HexError(
    "HEX_CELL_CYCLE",
    `Expected cells to depend on each other without a loop, got ${files} (remove one of these imports)`,
  );
}

function refuseUnknownDependencies(
  cells: readonly CellNode[],
  byName: ReadonlyMap<string, CellNode>,
): void {
  for (const { file, dependencies } of cells) {
    const unknown = dependencies.find((name) => !byName.has(name));
    if (unknown === undefined) continue;
    throw expectation("HEX_CELL_INVALID", {
      place: `what ${file} depends on`,
      expected: "cells of this project",
      got: JSON.stringify(unknown),
      hint: `the cells are ${[...byName.keys()].join(", ")}`,
    });
  }
}

function refuseSharedFrames(cells: readonly CellNode[]): void {
  const owners = new Map<string, CellNode>();
  for (const cell of cells) {
    if (cell.frame === undefined) continue;
    const owner = owners.get(cell.frame);
    if (owner !== undefined) {
      throw expectation("HEX_CELL_INVALID", {
        place: `the frame name in ${cell.file}`,
        expected: "its own",
        got: `${JSON.stringify(cell.frame)}, which ${owner.file} publishes as well`,
        hint: "give each cached cell another frame name",
      });
    }
    owners.set(cell.frame, cell);
  }
}
