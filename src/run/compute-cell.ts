import type { CachedCell, CellContext, CellDefinition, FrameStore } from "../cell/cell.ts";
import { type InputValue, readInputValue } from "../cell/input-value.ts";
import type { InputWidget } from "../cell/input-widget.ts";
import { type PartsDefinition, partsDefinitionOf } from "../cell/over.ts";
import { computesIn, type PlannedCell, type RunPlan } from "../cell/plan.ts";
import type { RequestedInput } from "../cell/requested-input.ts";
import { toInputOutput } from "../cell/shown-input.ts";
import { expectation, HexError } from "../errors.ts";
import { describeValue } from "../frame/column/column-value.ts";
import type { CsvReport } from "../frame/csv/read/csv-report.ts";
import type { Frame } from "../frame/frame.ts";
import { isPlainRow } from "../frame/rows.ts";
import type { Schema } from "../frame/schema.ts";
import { toFrame } from "../frame/to-frame.ts";
import { parseFrameName } from "../store/key.ts";
import { type ShownOutput, toShownOutput } from "./cell-output.ts";
import type { InputStandIns, RecordedDefault } from "./recorded-default.ts";
import type { FrameOrigin } from "./run-event.ts";
import type { FindSchema, RunFrames, Variant } from "./run-frames.ts";

/** Parts of the run that a cell's function may use. */
export interface CellSurroundings {
  readonly plan: RunPlan;
  readonly planned: PlannedCell;
  readonly frames: RunFrames;
  readonly secrets: Readonly<Record<string, string>>;
  /** refuses names that a cell has made up; none unless told */
  readonly findSecret: FindSecret | undefined;
  readonly signal: AbortSignal;
  /** the value requested for this cell, when it is an input */
  readonly requested: RequestedInput | undefined;
  /** what it was before when nobody asked for it, when it is an input */
  readonly recorded: RecordedDefault | undefined;
  /** undefined: a value that the widget refuses fails the cell */
  readonly standIns: InputStandIns | undefined;
  /** the frame that the cell publishes or reads, when it is a cached one */
  readonly variant: Variant;
  /** the columns that the cell declares for its frame */
  readonly findSchema: FindSchema;
  /** gets what was decided about each CSV of another tool that stands for a frame */
  readonly onCsv: (report: CsvReport) => void;
  /** told where each frame came from that the cell reads */
  readonly onRead: (origin: FrameOrigin) => void;
  /** of the cell and all that is above it */
  readonly codeHash: string;
  readonly progress: CellContext["progress"];
  readonly log: CellContext["log"];
  /** the frame of a cell over parts, which are computed elsewhere */
  readonly joinParts: (
    parts: PartsDefinition,
    values: CellValues,
    context: CellContext,
  ) => Promise<Frame>;
}

/** The values of the cells above, under the keys by which the cell's own code names them. */
export type CellValues = Readonly<Record<string, unknown>>;

/** A cell's value for the cells below it, and what it shows. */
export interface ComputedCell extends ShownOutput {
  readonly value: unknown;
  /** of the frame that was read */
  readonly origin?: FrameOrigin;
  /** name of the frame that was published or read */
  readonly frame?: string;
  /** whether the cell asked which context it runs in, or read or wrote frames itself */
  readonly looksAtContext?: boolean;
  /** whether it read what other tools have written below the store, which nobody follows */
  readonly readsObjects?: boolean;
}

/** Reads a cached cell's published frame. */
export async function readCell(around: CellSurroundings): Promise<ComputedCell> {
  const { planned, frames, variant, findSchema, onCsv } = around;
  const { name, frame, origin } = await frames.read(variant, { findSchema, onCsv });
  around.onRead(origin);
  return { value: frame, ...toShownOutput(planned.name, frame), origin, frame: name };
}

/** Runs a cell's function over the values of the cells it names. */
export async function computeCell(
  definition: CellDefinition,
  values: CellValues,
  around: CellSurroundings,
): Promise<ComputedCell> {
  const { name } = around.planned;
  switch (definition.kind) {
    case "prose":
      return {
        value: definition.markdown,
        output: { kind: "markdown", markdown: definition.markdown },
      };
    case "input":
      return computeInput(name, definition.widget(values), around);
    case "cached": {
      const looks = new Looks();
      const frame = await computeCached(definition, values, { ...around, looks });
      const shown = toShownOutput(name, frame);
      return { value: frame, ...shown, frame: around.variant.frame, ...looks.told };
    }
    case "cell":
    case "sql": {
      const looks = new Looks();
      const computeIn = definition.kind === "cell" ? definition.options.computeIn : undefined;
      const context = toCellContext({ ...around, looks }, computeIn);
      const value: unknown = await definition.compute(values as never, context);
      const shown = toShownOutput(name, value);
      if (shown.shown !== undefined) checkNames(shown.shown, around);
      return { value, ...shown, ...looks.told };
    }
  }
}

/** Notes whether a cell has looked at more than the values it was handed. */
class Looks {
  #hasLooked = false;
  #readsObjects = false;

  readonly note = (): void => {
    this.#hasLooked = true;
  };

  readonly noteObject = (): void => {
    this.#hasLooked = true;
    this.#readsObjects = true;
  };

  get told(): Pick<ComputedCell, "looksAtContext" | "readsObjects"> {
    return {
      ...(this.#hasLooked && { looksAtContext: true }),
      ...(this.#readsObjects && { readsObjects: true }),
    };
  }
}

interface Looking extends CellSurroundings {
  readonly looks: Looks;
}

/** The value of an input whose widget is known, and what it shows. */
export function computeInput(
  name: string,
  widget: InputWidget,
  around: Pick<CellSurroundings, "requested" | "recorded" | "standIns">,
): ComputedCell {
  const value = readValue(name, widget, around);
  return { value, output: toInputOutput(value, widget) };
}

function readValue(
  name: string,
  widget: InputWidget,
  { requested, recorded, standIns }: Pick<CellSurroundings, "requested" | "recorded" | "standIns">,
): InputValue {
  try {
    return readInputValue(name, widget, requested, recorded);
  } catch (thrown) {
    const isRefused = thrown instanceof HexError && thrown.code === "HEX_INPUT_INVALID";
    if (!isRefused || standIns === undefined) throw thrown;
    const value = readInputValue(name, widget, standIns.inputs.get(name), recorded);
    standIns.onInvalid(name, thrown.message);
    return value;
  }
}

async function computeCached(
  definition: CachedCell,
  values: CellValues,
  around: Looking,
): Promise<Frame> {
  const { name } = around.planned;
  const parts = partsDefinitionOf(definition.compute);
  const context = toCellContext(around, definition.options.computeIn);
  const result: unknown = parts
    ? await around.joinParts(parts, values, context)
    : await definition.compute(values as never, context);
  const { schema } = definition.options;
  const frame = toFrame(result, schema);
  if (frame === undefined) {
    throw expectation("HEX_CELL_FAILED", {
      place: `the result of cached cell ${name}`,
      expected: "a frame, rows or a danfo DataFrame",
      ...toUnfit(result),
    });
  }
  checkNames(frame, around);
  around.frames.stage(around.variant.frame, { frame, cell: name, codeHash: around.codeHash });
  return frame;
}

/** Why a cached cell's result is no frame. */
function toUnfit(result: unknown): { readonly got: string; readonly hint?: string } {
  if (!Array.isArray(result)) return { got: typeof result };
  const row = result.findIndex((each) => !isPlainRow(each));
  if (row < 0) {
    return { got: "an empty list", hint: "with a schema in its options it is a frame of no rows" };
  }
  const got = `a list whose row ${row + 1} is ${describeValue(result[row])}`;
  return { got, hint: "rows are plain objects: rows.map((row) => ({ ...row }))" };
}

/** @throws {HexError} HEX_CELL_FAILED when a secret stands in the name of a column */
function checkNames(
  { schema }: Frame,
  { planned, findSecret }: Pick<CellSurroundings, "planned" | "findSecret">,
): void {
  if (findSecret !== undefined) refuseSecretNames(planned.name, schema, findSecret);
}

function toCellContext(
  around: Looking,
  computeIn: CachedCell["options"]["computeIn"],
): CellContext {
  const { plan, secrets, signal, progress, log, looks } = around;
  return Object.freeze({
    get runContext() {
      looks.note();
      return plan.context;
    },
    secrets: Object.freeze(secrets),
    signal,
    progress,
    log,
    store: toFrameStore(around, computeIn),
  });
}

/** The explicit form of the tutorial: a cell that branches on the run context reads and writes itself. */
function toFrameStore(around: Looking, computeIn: CachedCell["options"]["computeIn"]): FrameStore {
  const { plan, planned, frames, codeHash, onRead, onCsv, looks } = around;
  return {
    async writeFrame(name, written) {
      looks.note();
      const frameName = parseFrameName(name);
      const frame = toFrame(written);
      if (!computesIn(computeIn === undefined ? {} : { computeIn }, plan)) {
        throw expectation("HEX_CELL_FAILED", {
          place: `store.writeFrame("${frameName}") in cell ${planned.name}`,
          expected: `called in a context that computes (${(computeIn ?? plan.computeIn).join(", ")})`,
          got: plan.context,
          hint: "branch on runContext, or name the context in computeIn",
        });
      }
      if (frame === undefined) {
        throw expectation("HEX_CELL_FAILED", {
          place: `what cell ${planned.name} writes as ${frameName}`,
          expected: "a frame, rows or a danfo DataFrame",
          got: typeof written,
        });
      }
      checkNames(frame, around);
      frames.stage(frameName, { frame, cell: planned.name, codeHash });
    },
    async readFrame(name) {
      looks.note();
      const { frame, origin } = await frames.read(
        { frame: parseFrameName(name), flags: "" },
        { onCsv },
      );
      onRead(origin);
      return frame;
    },
    url(path) {
      looks.noteObject();
      // Nobody knows how long it stays.
      onRead({ version: null, computedAt: null, codeHash: null });
      return frames.openObject(path);
    },
  };
}

/** Gives the secret that stands in a name which a cell has made up. */
export type FindSecret = (name: string) => string | undefined;

/**
 * Refuses a frame in the name of whose column a secret stands: names are not redacted, as people sort
 * and filter by them, and cells read by them.
 *
 * @throws {HexError} HEX_CELL_FAILED
 */
function refuseSecretNames(cell: string, columns: Schema, findSecret: FindSecret): void {
  columns.forEach(({ name }, index) => {
    const secret = findSecret(name);
    if (secret === undefined) return;
    throw expectation("HEX_CELL_FAILED", {
      place: `the name of column ${index + 1} of what cell ${cell} gives`,
      expected: "without secrets",
      got: `one in which the value of secret ${secret} stands`,
      hint: "give the column another name",
    });
  });
}
