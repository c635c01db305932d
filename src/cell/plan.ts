import type { CellNode } from "./cell-node.ts";
import { type CellGraph, namesAbove, namesBelow } from "./graph.ts";
import type { RunContext } from "./run-context.ts";

/**
 * The action of a run on a cell: call its function, read its published frame, keep that frame since
 * nothing it depends on has changed, or leave the cell out.
 */
export type PlannedAction = "computed" | "read" | "kept" | "pruned";

/** A cell in a plan; `frame` is published or read. */
export interface PlannedCell extends Pick<CellNode, "name" | "file" | "kind" | "frame"> {
  readonly action: PlannedAction;
  /** why, in a few words, to be printed beside the action */
  readonly reason: string;
  /** cells of this plan that have to be done before */
  readonly after: readonly string[];
  /** the oldest version that is known to hold the frame that is kept */
  readonly keptSince?: number;
}

/** The plan of a run, decided before anything runs: plain, frozen, printable data. */
export interface RunPlan {
  readonly context: RunContext;
  /** contexts in which the project's cells compute unless they say otherwise */
  readonly computeIn: readonly RunContext[];
  /** in running order; cells that don't wait for each other run side by side */
  readonly cells: readonly PlannedCell[];
}

export interface PlanSettings {
  readonly context: RunContext;
  readonly computeIn: readonly RunContext[];
  /** when another run has just published what this one would compute: then nothing is computed twice */
  readonly isShared?: boolean;
  /** whether heavy cells that may compute need to, by name; all of them unless told */
  readonly needs?: ReadonlyMap<string, ComputeNeed> | undefined;
}

/** Whether a heavy cell needs to be computed, and why. */
export interface ComputeNeed {
  readonly isNeeded: boolean;
  readonly reason: string;
  /** the oldest version that is known to hold the frame that is kept instead */
  readonly keptSince?: number;
}

/** Names of the frames that a run reads, as they are with default inputs. */
export function framesRead({ cells }: RunPlan): readonly string[] {
  return cells.flatMap(({ name, action, frame = name }) => (action === "read" ? frame : []));
}

/** A plan of the named cells and of those that they wait for; names of no cell are passed over. */
export function restrictPlan(plan: RunPlan, names: readonly string[]): RunPlan {
  const needed = new Set([...names, ...namesAbove(toLinked(plan), names)]);
  const cells = plan.cells.filter(({ name }) => needed.has(name));
  return Object.freeze({ ...plan, cells: Object.freeze(cells) });
}

/** Names of the cells of a plan that wait for one of them, directly or not. */
export function waitingFor(plan: RunPlan, name: string): ReadonlySet<string> {
  return namesBelow(toLinked(plan), [name]);
}

function toLinked({ cells }: RunPlan) {
  return cells.map(({ name, after }) => ({ name, dependencies: after }));
}

/** Decides what a run in a context does with every cell. */
export function planRun(graph: CellGraph, settings: PlanSettings): RunPlan {
  const { context, computeIn } = settings;
  const decisions = new Map<string, PlannedCell>();
  // Downstream first: whether a cell is needed hangs on what becomes of the cells that use it.
  for (const cell of graph.ordered.toReversed()) {
    decisions.set(cell.name, decide(cell, { graph, decisions, ...settings }));
  }
  const cells = graph.ordered.flatMap((cell) => decisions.get(cell.name) ?? []);
  return Object.freeze({ context, computeIn, cells: Object.freeze(cells) });
}

interface Surroundings extends PlanSettings {
  readonly graph: CellGraph;
  readonly decisions: ReadonlyMap<string, PlannedCell>;
}

function decide(cell: CellNode, around: Surroundings): PlannedCell {
  const users = around.graph.dependents.get(cell.name) ?? [];
  const feeds = users.filter((name) => isNeededBy(cell, name, around));
  const { name, file, kind, frame } = cell;
  const planned = { name, file, kind, ...(frame === undefined ? {} : { frame }) };
  if (users.length > 0 && feeds.length === 0) {
    return Object.freeze({ ...planned, action: "pruned", reason: whyPruned(users), after: [] });
  }
  const need = around.needs?.get(name);
  const reading = kind === "cached" ? toReading(cell, need, around) : undefined;
  if (reading !== undefined) {
    return Object.freeze({ ...planned, ...reading, after: cell.keyInputs ?? [] });
  }
  const reason = need?.reason ?? whyComputed(cell, around);
  return Object.freeze({ ...planned, action: "computed", reason, after: cell.dependencies });
}

/** How a heavy cell is read; undefined for one that is computed. */
function toReading(
  cell: CellNode,
  need: ComputeNeed | undefined,
  around: Surroundings,
): Pick<PlannedCell, "action" | "reason" | "keptSince"> | undefined {
  if (!computesIn(cell, around)) {
    const reason = around.isShared
      ? "another run has just published the same"
      : `${around.context} runs read what was published`;
    return { action: "read", reason };
  }
  if (need === undefined || need.isNeeded) return undefined;
  const { reason, keptSince } = need;
  return { action: "kept", reason, ...(keptSince === undefined ? {} : { keptSince }) };
}

/** A cell whose frame is read needs nothing but the inputs that tell which variant is read. */
function isNeededBy({ name }: CellNode, user: string, { graph, decisions }: Surroundings): boolean {
  const action = decisions.get(user)?.action;
  const isKey = graph.byName.get(user)?.keyInputs?.includes(name) === true;
  return action === "computed" || ((action === "read" || action === "kept") && isKey);
}

/** Whether a cell may compute and publish in a context. */
export function computesIn(
  cell: Pick<CellNode, "computeIn">,
  { context, computeIn, isShared = false }: PlanSettings,
): boolean {
  return !isShared && (cell.computeIn ?? computeIn).includes(context);
}

function whyPruned(users: readonly string[]): string {
  return `only feeds ${users.join(", ")}, which ${users.length === 1 ? "does" : "do"} not compute here`;
}

function whyComputed({ kind, frame }: CellNode, { context }: Surroundings): string {
  switch (kind) {
    case "cached":
      return `${context} runs compute and publish ${frame}`;
    case "input":
      return "an input has its value in every run";
    case "prose":
      return "prose is shown in every run";
    case "cell":
    case "sql":
      return "light: runs every time";
  }
}
