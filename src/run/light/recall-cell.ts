import { randomUUID } from "node:crypto";
import type { PlannedCell, RunPlan } from "../../cell/plan.ts";
import { toHash } from "../../source/cell-files.ts";
import type { AdoptFrame } from "../adopt-frame.ts";
import type { ColumnReads } from "../column-reads.ts";
import type { ComputedCell } from "../compute-cell.ts";
import type { FrameOrigin } from "../freshness.ts";
import type { RunFrames } from "../run-frames.ts";
import { shareValue } from "../shared-value.ts";
import type { CellMemory, RememberedCell } from "./cell-memory.ts";

/** What a run needs to use what cells came to in others. */
export interface RecallWork {
  readonly memory?: CellMemory | undefined;
  /** what else a cell hangs on, such as the content of files that it reads; nothing unless told */
  readonly cellState?: ((cell: string) => string) | undefined;
  /** finds frames of cached cells that need not be computed, since they were published before */
  readonly adopt?: AdoptFrame | undefined;
  /** told of each cell whose function did not run, and where its result is from */
  readonly onKnown?: ((cell: string, from: "memory" | "store") => void) | undefined;
  /** told of the value of each input once it is known */
  readonly onInput?: ((name: string, value: unknown) => void) | undefined;
  /** evaluates no module before it is known that its cell has to run */
  readonly isSparing?: boolean | undefined;
  readonly plan: RunPlan;
  readonly frames: RunFrames;
  readonly reads: ColumnReads;
}

/** What a run may know of what cells came to in others. */
export type Recall = Pick<
  RecallWork,
  "memory" | "cellState" | "adopt" | "onKnown" | "onInput" | "isSparing"
>;

/** What a cell hangs on in a run, besides the version that is read. */
export interface CellKeyParts {
  readonly planned: PlannedCell;
  readonly codeHash: string;
  /** of the cells above, by name; undefined for one that is not to be remembered */
  readonly above: readonly (readonly [string, string | undefined])[];
}

/** For so long a CSV that another tool left is not looked at again. */
const FOREIGN_MS = 5_000;

/**
 * The key under which a cell is remembered: an input's widget without its value. Undefined when
 * nothing is, since something above the cell is not.
 */
export function toCellKey(
  { planned, codeHash, above }: CellKeyParts,
  { memory, cellState = () => "", plan }: RecallWork,
): string | undefined {
  if (memory === undefined) return undefined;
  const keys = above.map(([name, key]) => (key === undefined ? undefined : [name, key]));
  if (keys.includes(undefined)) return undefined;
  const { name, action } = planned;
  const around = [plan.context, plan.computeIn, cellState(name)];
  return toHash(JSON.stringify([name, action, codeHash, around, keys]));
}

/** What is remembered of a cell. A cell that reads is asked for with the version that is pinned. */
export async function recallCell(
  key: string | undefined,
  { planned, work }: { readonly planned: PlannedCell; readonly work: RecallWork },
): Promise<RememberedCell | undefined> {
  const { memory, frames, reads } = work;
  if (key === undefined || memory === undefined) return undefined;
  const known = memory.take(key);
  const found =
    known === "versioned" ? memory.take(withVersion(key, await frames.version())) : known;
  if (found === undefined || found === "versioned") return undefined;
  for (const [name, staged] of found.staged) frames.restage(name, staged);
  reads.restore(planned.name, found.reads);
  return found;
}

/** What a cell has come to, and how. */
export interface CellOutcome {
  readonly name: string;
  readonly computed: ComputedCell;
  /** of the published frames that it read */
  readonly origins: readonly FrameOrigin[];
}

/**
 * Remembers what a cell has come to, when it is for others to use.
 * @returns what stands for it in the keys of the cells below; undefined: they are not remembered
 */
export async function rememberCell(
  key: string | undefined,
  { name, computed, origins }: CellOutcome,
  { memory, frames, reads }: RecallWork,
): Promise<string | undefined> {
  if (key === undefined || memory === undefined) return undefined;
  // What this run has staged and then read hangs on more than the cells above.
  if (origins.some(isStaged)) return undefined;
  const shared = shareValue(computed.value);
  const shown = shareValue(computed.output);
  if (!shared.isSafe || !shown.isSafe) return undefined;
  const isForeign = origins.some(({ version }) => version === null);
  const ownKey = origins.length === 0 ? key : withVersion(key, await frames.version());
  const { value, output, frame } = computed;
  const remembered: RememberedCell = {
    value,
    output,
    shown: computed.shown,
    frame,
    origin: computed.origin,
    staged: new Map([...frames.staged].filter(([, { cell }]) => cell === name)),
    reads: reads.readBy(name),
    source: reads.sourceOf(value),
    key: isForeign ? `${ownKey} ${randomUUID()}` : ownKey,
  };
  const size = {
    sizeBytes: shared.sizeBytes + shown.sizeBytes,
    frames: [...shared.frames, ...(computed.shown === undefined ? [] : [computed.shown])],
  };
  if (ownKey !== key) memory.put(key, "versioned");
  memory.put(ownKey, remembered, size, isForeign ? FOREIGN_MS : undefined);
  return remembered.key;
}

/** What stands for an input's value in the keys of the cells below; nothing for a pressed button. */
export function toInputKey(
  key: string | undefined,
  { value, output }: Pick<ComputedCell, "value" | "output">,
): string | undefined {
  const isButton = output.kind === "value" && output.input?.widget === "button";
  if (key === undefined || (isButton && value === true)) return undefined;
  return toHash(JSON.stringify([key, value]));
}

function withVersion(key: string, version: Awaited<ReturnType<RunFrames["version"]>>): string {
  const { number, commit } = version;
  return `${key} ${number} ${commit?.runId ?? ""}-${commit?.attempt ?? ""}`;
}

/** Frames of versions, and those of other tools, are not known to be computed by this run. */
function isStaged({ version, computedAt }: FrameOrigin): boolean {
  return version === null && computedAt !== null;
}
