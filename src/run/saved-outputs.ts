import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import type { Frame } from "../frame/frame.ts";
import { DocumentKind } from "../store/document.ts";
import { CellState } from "../store/manifest/manifest.ts";
import { type CellOutput, isCellOutput, PAGE_LIMITS, toPageOutput } from "./cell-output.ts";
import type { Redact } from "./redact/redactor.ts";

/** How a cell's value can be had again for the cells below it. */
const SAVED_VALUES = [
  /** it is the very frame that the cell shows */
  "shown",
  /** it is what the output holds as JSON */
  "output",
] as const;

const FORMAT = 3;
/** Of all outputs together, in characters; what is small is saved all the same. */
const LIMIT_LENGTH = 16 * 2 ** 20;
const SMALL_LENGTH = 2 ** 18;
/** An output of more characters is not compared with the cell's value: to run it is as quick. */
const VALUE_LENGTH = 2 ** 20;

const output = v.nullable(v.custom<CellOutput>(isWholeOutput));
const inputs = v.record(v.string(), v.unknown());

const SavedPlace = v.variant("at", [
  /** with the SHA-256 of its CSV: another run may have published the frame anew */
  v.object({ at: v.literal("frame"), frame: v.string(), sha256: v.string() }),
  v.object({ at: v.literal("file") }),
]);

/** Where the whole frame is that a cell showed: a published one, or in a file of its own. */
export type SavedPlace = Readonly<v.InferOutput<typeof SavedPlace>>;

/** Of an output of which nobody noted more than what it shows. */
export const NOTHING_NOTED = {
  state: null,
  result: null,
  shown: null,
  value: null,
  looksAtContext: false,
} as const;

const SavedOutput = v.object({
  name: v.string(),
  /** of the code that showed it, and of the cells above */
  codeHash: v.string(),
  /** all that it hangs on; null when that was not noted: then nobody knows whether it still holds */
  state: v.nullable(CellState),
  /** as a page needs it; null for a cell that showed nothing, or more than is saved */
  output,
  /** names the computation that it came from */
  result: v.string(),
  /** the whole frame, which `Version.readShown` reads; null when it is not kept */
  shown: v.nullable(SavedPlace),
  /** null: only running the cell gives its value */
  value: v.nullable(v.picklist(SAVED_VALUES)),
  /** whether the cell may come to something else in another run context */
  looksAtContext: v.boolean(),
});

const SavedOutputsJson = v.variant("format", [
  v.object({ format: v.literal(FORMAT), inputs, cells: v.array(SavedOutput) }),
  v.object({
    format: v.literal(2),
    inputs: v.optional(v.null(), null),
    cells: v.array(
      v.pipe(
        v.object({ name: v.string(), codeHash: v.string(), output }),
        v.transform((cell) => ({ ...cell, ...NOTHING_NOTED })),
      ),
    ),
  }),
]);

const documents = new DocumentKind({ schema: SavedOutputsJson });

/** Output of a cell with default inputs when a version was published. */
export type SavedOutput = Omit<Readonly<v.InferOutput<typeof SavedOutput>>, "result"> & {
  /** null when that was not noted */
  readonly result: string | null;
};

/** Outputs of all cells: a page opens on them before any cell runs. */
export interface SavedOutputs {
  /** in file order */
  readonly cells: readonly SavedOutput[];
  /** the values that the inputs had, by name; null when that was not noted */
  readonly inputs: Readonly<Record<string, unknown>> | null;
}

/** Output of a cell of a run. */
export interface OutputToSave extends Omit<SavedOutput, "shown" | "value"> {
  /** the whole frame, of a table or a chart */
  readonly frame: Frame | undefined;
  /** where that one is kept */
  readonly shown: SavedPlace | null;
  /** what the cells below get; undefined when there is none */
  readonly cellValue: unknown;
}

/** Fields that are saved besides the cells. */
interface SavedRun {
  readonly inputs: Readonly<Record<string, unknown>>;
  /** takes secrets out of it */
  readonly redact: Redact;
}

/**
 * The outputs to be saved with a publication, as JSON: of each cell what a page shows of it at
 * first, in file order as long as there is room.
 */
export function toSavedOutputs(
  cells: readonly OutputToSave[],
  { inputs, redact }: SavedRun,
): Uint8Array {
  let left = LIMIT_LENGTH;
  const texts = cells.map((cell) => {
    const text = toText(cell, left, redact);
    left = Math.max(0, left - text.length);
    return text;
  });
  const head = `{"format":${FORMAT},"inputs":${JSON.stringify(inputs)}`;
  return new TextEncoder().encode(`${head},"cells":[${texts.join(",")}]}`);
}

/** One of the cells as JSON: one that would not fit shows nothing, and has to be run to do so. */
function toText(
  { output, frame, cellValue, ...facts }: OutputToSave,
  left: number,
  redact: Redact,
): string {
  const rowsLength = Math.min(left, PAGE_LIMITS.rowsLength);
  const saved =
    output && redact(toPageOutput(output, frame, { ...PAGE_LIMITS, rowsLength }), "output");
  const toJson = (each: CellOutput | null) => {
    const value = each && toSavedValue(each, { ...facts, frame, cellValue });
    return JSON.stringify({ ...facts, output: each, value });
  };
  const text = toJson(saved);
  return text.length > Math.max(left, SMALL_LENGTH) ? toJson(null) : text;
}

/** How the value of a cell can be had again from what is saved of it, if it can. */
function toSavedValue(
  output: CellOutput,
  { frame, shown, cellValue }: Pick<OutputToSave, "frame" | "shown" | "cellValue">,
): SavedOutput["value"] {
  if (frame !== undefined) return cellValue === frame && shown !== null ? "shown" : null;
  if (output.kind !== "json" && output.kind !== "value") return null;
  const text = JSON.stringify(output.kind === "json" ? output.json : output.value);
  // Not what is written, but what is read again has to be the same.
  const isExact = text.length <= VALUE_LENGTH && isDeepStrictEqual(JSON.parse(text), cellValue);
  return isExact ? "output" : null;
}

/** Outputs that were saved with a publication; undefined when they are damaged or of another format. */
export function parseSavedOutputs(bytes: Uint8Array): SavedOutputs | undefined {
  const read = documents.tryParse(bytes);
  return read && { cells: read.cells, inputs: read.inputs };
}

function isWholeOutput(value: unknown): boolean {
  if (!isCellOutput(value)) return false;
  if (value.kind !== "frame" && value.kind !== "chart") return true;
  const { rows, columns, head } = value;
  return typeof rows === "number" && Array.isArray(columns) && Array.isArray(head);
}
