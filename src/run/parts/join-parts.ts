import type { CellContext } from "../../cell/cell.ts";
import type { PartsDefinition } from "../../cell/over.ts";
import { type ErrorCode, expectation, HexError } from "../../errors.ts";
import type { Frame } from "../../frame/frame.ts";
import {
  type PartOutcome,
  type PartsExchange,
  readOutcome,
  readPartFrame,
  removeParts,
  writePartsWork,
} from "./parts-exchange.ts";

/** The parts of one cell that are to be computed, each in a process of its own. */
export interface PartsRequest extends Omit<PartsExchange, "store"> {
  readonly count: number;
  readonly signal: AbortSignal;
  /** told how many parts have an outcome, whenever that changes */
  readonly onEnded: (ended: number) => void;
}

/**
 * Has the parts of a cell computed. It resolves once each has an outcome in the store, or one of
 * them has failed; those that then still wait or go are cancelled. It rejects when a part cannot be
 * carried out at all.
 */
export type RunParts = (order: PartsRequest) => Promise<void>;

export interface JoinPartsOptions {
  readonly exchange: PartsExchange;
  readonly runParts: RunParts;
  /** what the function that gives the parts gets */
  readonly context: CellContext;
}

/**
 * The frame of a cell over parts: those of its parts, one after the other.
 * @throws {HexError} that of the first part that failed
 */
export async function joinParts(
  { list }: PartsDefinition,
  values: Readonly<Record<string, unknown>>,
  { exchange, runParts, context }: JoinPartsOptions,
): Promise<Frame> {
  const { signal, progress, log } = context;
  const parts = toParts(exchange.cell, await list(values, context));
  const { length: count } = parts;
  const { store: _, ...place } = exchange;
  try {
    await writePartsWork(exchange, { parts, values }, { signal });
    const onEnded = (ended: number) => progress(ended / count, `${ended} of ${count} parts`);
    await runParts({ ...place, count, signal, onEnded });
    const [first, ...others] = await readFrames(exchange, count, { signal, log });
    return first.concat(...others);
  } finally {
    // What cannot be removed now, the garbage collection finds.
    await removeParts(exchange).catch(onlyExpected);
  }
}

function toParts(cell: string, parts: unknown): readonly unknown[] {
  if (Array.isArray(parts)) return parts;
  const told = { place: `the parts of cell ${cell}`, expected: "a list", got: typeof parts };
  throw expectation("HEX_CELL_FAILED", told);
}

/** The frames in the order of the parts; logs what the parts logged, also when one has failed. */
async function readFrames(
  exchange: PartsExchange,
  count: number,
  { signal, log }: Pick<CellContext, "signal" | "log">,
): Promise<[Frame, ...Frame[]]> {
  const outcomes: (PartOutcome | undefined)[] = [];
  for (let index = 0; index < count; index++) {
    const outcome = await readOutcome(exchange, index, { signal });
    for (const line of outcome?.lines ?? []) log(`part ${index}: ${line}`);
    outcomes.push(outcome);
  }
  const failed = outcomes.findIndex((outcome) => outcome?.status === "failed");
  const failure = outcomes[failed];
  if (failure?.status === "failed") {
    throw new HexError(failure.code as ErrorCode, `part ${failed}: ${failure.message}`);
  }
  const frames: Frame[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome?.status !== "computed") throw incomplete(exchange.cell);
    const { sha256 } = outcome;
    frames.push(await readPartFrame(exchange, { index, sha256 }, { signal }));
  }
  return frames as [Frame, ...Frame[]];
}

function incomplete(cell: string): HexError {
  return expectation("HEX_STORE_DAMAGED", {
    place: `the parts of cell ${cell}`,
    expected: "computed, each with an outcome in the store",
    got: "one without",
    hint: "start the run again",
  });
}

function onlyExpected(thrown: unknown): void {
  if (!(thrown instanceof HexError)) throw thrown;
}
