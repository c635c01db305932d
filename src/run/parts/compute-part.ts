import type { CellContext, FrameStore } from "../../cell/cell.ts";
import { partsDefinitionOf } from "../../cell/over.ts";
import type { RunContext } from "../../cell/run-context.ts";
import { expectation, type HexError } from "../../errors.ts";
import { toFrame } from "../../frame/to-frame.ts";
import type { LoadedCells } from "../../source/load-cells.ts";
import { CsvReportLog } from "../csv-report-log.ts";
import type { Redact } from "../redact/redactor.ts";
import { toCellError, toHandedChange } from "../run-error.ts";
import { shareValue } from "../shared-value.ts";
import {
  type PartOutcome,
  type PartsExchange,
  readPartsWork,
  writeOutcome,
  writePartFrame,
} from "./parts-exchange.ts";

/** Everything that computing one part needs. */
interface PartWork {
  readonly exchange: PartsExchange;
  readonly index: number;
  readonly context: RunContext;
  readonly cells: LoadedCells;
  readonly secrets: Readonly<Record<string, string>>;
  /** takes secrets out of what is kept */
  readonly redact: Redact;
  /** redacts the lines of the part */
  readonly redactLine: (line: string) => string;
  readonly signal: AbortSignal;
}

/** So many lines of a part are kept. */
const MOST_LINES = 200;

/**
 * Computes one part of a cell and leaves its frame, or why there is none, where the run finds it;
 * tells which of the two.
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED; HEX_CELL_INVALID when the cell is
 * not what it was when the run began
 */
export async function computePart(work: PartWork): Promise<PartOutcome["status"]> {
  const { exchange, index, cells, redact, signal } = work;
  const { cell } = exchange;
  const lines: string[] = [];
  const { parts, values } = await readPartsWork(exchange, { signal });
  const part = parts[index];
  const handed = { ...values, part };
  // In this process nobody else has them; the rules are the same everywhere.
  shareValue(handed);
  const context = toContext(work, lines);
  try {
    const compute = toPartFunction(work, await cells.load(cell));
    const result = await new CsvReportLog(context.log).around(() => compute(part, values, context));
    const frame = toFrame(result);
    if (frame === undefined) throw notAFrame(cell, index, result);
    await writePartFrame(exchange, index, { frame, lines });
    return "computed";
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    const file = cells.cells.find(({ name }) => name === cell)?.file ?? cell;
    const place = cells.sourcePlace(thrown);
    const told = toHandedChange(thrown, { name: cell, file, values: handed, place });
    const error = toCellError(told, { name: cell, file }, place);
    await writeOutcome(exchange, index, redact({ status: "failed", lines, ...error }, "part"));
    return "failed";
  }
}

type Definition = Awaited<ReturnType<LoadedCells["load"]>>;

function toPartFunction({ exchange: { cell } }: PartWork, definition: Definition) {
  const parts = definition.kind === "cached" ? partsDefinitionOf(definition.compute) : undefined;
  if (parts !== undefined) return parts.compute;
  throw expectation("HEX_CELL_INVALID", {
    place: `cell ${cell}`,
    expected: "a cached cell over parts, as it was when its run began",
    got: `a ${definition.kind} cell without parts`,
    hint: "start the run again",
  });
}

function toContext(
  { exchange, context, secrets, redactLine, signal }: PartWork,
  lines: string[],
): CellContext {
  const log = (line: string) => {
    if (lines.length < MOST_LINES) lines.push(redactLine(String(line)));
  };
  const store = toRefusingStore(exchange.cell);
  return Object.freeze({
    runContext: context,
    secrets: Object.freeze(secrets),
    signal,
    store,
    log,
    progress: () => undefined,
  });
}

/** A part gets what it needs by name and gives one frame back: the store is the whole run's. */
function toRefusingStore(cell: string): FrameStore {
  const refuse = (): never => {
    throw expectation("HEX_CELL_FAILED", {
      place: `a part of cell ${cell}`,
      expected: "computed from the values of the cells it names",
      got: "a call of store",
      hint: "name the cell whose frame is needed, and return the part's frame",
    });
  };
  return { writeFrame: async () => refuse(), readFrame: async () => refuse(), url: refuse };
}

function notAFrame(cell: string, index: number, result: unknown): HexError {
  return expectation("HEX_CELL_FAILED", {
    place: `the result of part ${index} of cell ${cell}`,
    expected: "a frame, rows or a danfo DataFrame",
    got: Array.isArray(result) ? "an empty list" : typeof result,
  });
}
