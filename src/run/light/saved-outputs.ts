import * as v from "valibot";
import type { Frame } from "../../frame/frame.ts";
import type { CellOutput } from "../cell-output.ts";
import { PAGE_LIMITS, toPageOutput } from "./page-output.ts";

/** What a cell showed with default inputs when a version was published. */
export interface SavedOutput {
  readonly name: string;
  /** of the code that showed it, and of the cells above */
  readonly codeHash: string;
  /** as a page needs it; null for a cell that showed nothing, or more than is saved */
  readonly output: CellOutput | null;
}

/** What every cell showed: a page opens on it before any cell runs. */
export interface SavedOutputs {
  /** in file order */
  readonly cells: readonly SavedOutput[];
}

/** What a cell of a run has come to show. */
export interface OutputToSave extends SavedOutput {
  /** the whole frame, of a table or a chart */
  readonly shown: Frame | undefined;
}

const FORMAT = 2;
/** Of all outputs together, in characters; what is small is saved all the same. */
const LIMIT_LENGTH = 16 * 2 ** 20;
const SMALL_LENGTH = 2 ** 18;

const KINDS = ["frame", "chart", "markdown", "json", "value"] as const;

const savedOutputs = v.object({
  format: v.literal(FORMAT),
  cells: v.array(
    v.object({
      name: v.string(),
      codeHash: v.string(),
      output: v.nullable(v.custom<CellOutput>(isOutput)),
    }),
  ),
});

/**
 * The outputs to be saved with a publication, as JSON: of each cell what a page shows of it at
 * first, in file order as long as there is room.
 *
 * @param redact takes secrets out of it
 */
export function toSavedOutputs(
  cells: readonly OutputToSave[],
  redact: <Data>(data: Data) => Data,
): Uint8Array {
  let left = LIMIT_LENGTH;
  const texts = cells.map((cell) => {
    const text = toText(cell, left, redact);
    left = Math.max(0, left - text.length);
    return text;
  });
  return new TextEncoder().encode(`{"format":${FORMAT},"cells":[${texts.join(",")}]}`);
}

/** One of the cells as JSON: one that would not fit shows nothing, and has to be run to do so. */
function toText(
  { name, codeHash, output, shown }: OutputToSave,
  left: number,
  redact: <Data>(data: Data) => Data,
): string {
  const rowsLength = Math.min(left, PAGE_LIMITS.rowsLength);
  const saved = output && redact(toPageOutput(output, shown, { ...PAGE_LIMITS, rowsLength }));
  const toJson = (each: CellOutput | null) =>
    JSON.stringify({ name, codeHash, output: each, error: null });
  const text = toJson(saved);
  return text.length > Math.max(left, SMALL_LENGTH) ? toJson(null) : text;
}

/** Outputs that were saved with a publication; undefined when they are damaged or of another format. */
export function parseSavedOutputs(bytes: Uint8Array): SavedOutputs | undefined {
  const read = v.safeParse(savedOutputs, toJson(bytes));
  return read.success ? { cells: read.output.cells } : undefined;
}

function toJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function isOutput(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  const { kind, rows, columns, head }: Partial<Record<string, unknown>> = value as object;
  if (!KINDS.some((each) => each === kind)) return false;
  if (kind !== "frame" && kind !== "chart") return true;
  return typeof rows === "number" && Array.isArray(columns) && Array.isArray(head);
}
