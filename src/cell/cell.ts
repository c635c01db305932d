import type { ByteSource } from "../frame/csv/read/csv-blocks.ts";
import type { Frame } from "../frame/frame.ts";
import type { RowOf, SchemaSpec } from "../frame/schema.ts";
import type { Duration } from "./duration.ts";
import type { InputWidget } from "./input-widget.ts";
import type { RunContext } from "./run-context.ts";

/** Marks the objects that cell files export, made by any copy of the package. */
const CELL = Symbol.for("hex-runtime.cell");

declare const cellValue: unique symbol;

/**
 * A cell as other cells import it. `CellValue` is what the functions that name it receive.
 * @example
 * const limit: Cell<number> = slider({ min: 0, max: 10 });
 * const doubled: Cell<number> = cell({ limit }, ({ limit }) => limit * 2);
 */
export interface Cell<CellValue> {
  /** "cell", "cached", "input", "prose" or "sql" */
  readonly kind: CellDefinition["kind"];
  readonly [cellValue]?: CellValue;
}

/** The cells a function asks for, under the names by which it wants their values. */
export type Dependencies = Readonly<Record<string, Cell<unknown>>>;

/** The values of the named cells. */
export type ValuesOf<Named extends Dependencies> = {
  readonly [Name in keyof Named]: Named[Name] extends Cell<infer CellValue> ? CellValue : never;
};

/**
 * Frames by name, for cells that branch on the run context themselves instead of using `cached`.
 * @example
 * const readRates = (store: FrameStore) => store.readFrame("rates");
 * const rates = cell((_values, { store }) => readRates(store));
 */
export interface FrameStore {
  /**
   * Publishes the frame (or rows, or a danfo DataFrame) under the name when the run ends well.
   * @throws {HexError} HEX_CELL_FAILED in a context in which the cell does not compute (`computeIn`);
   * HEX_KEY_INVALID for a name that breaks the rules; HEX_FRAME_INVALID for what is no frame
   */
  writeFrame(name: string, frame: unknown): Promise<void>;
  /** The frame written earlier in this run, or else the published one. @throws {HexError} HEX_NOT_COMPUTED */
  readFrame(name: string): Promise<Frame>;
  /**
   * The bytes of an object below the project's store that another tool has written, such as
   * `raw/x.csv`, to be read by `readCsv`. All that is read of it is of one content.
   * @throws {HexError} HEX_KEY_INVALID
   */
  url(path: string): ByteSource;
}

/**
 * The second argument of every cell function, beside the values of the cells it names.
 * @example
 * const report = (step: number, context: CellContext) => context.progress(step / 10);
 * const slow = cell((_values, context) => report(1, context));
 */
export interface CellContext {
  /** why the run happens */
  readonly runContext: RunContext;
  /** aborted when the run is cancelled: pass it to everything that waits */
  readonly signal: AbortSignal;
  /** values of the secrets that hex.config.json lists, by name */
  readonly secrets: Readonly<Record<string, string>>;
  /** frames by name, and files beside them in the project's store */
  readonly store: FrameStore;
  /** reports how far the cell is, 0 to 1, and its current step */
  progress(fraction: number, message?: string): void;
  /** adds a line to the run's log */
  log(line: string): void;
}

export type CellFunction<Named extends Dependencies, Result> = (
  values: ValuesOf<Named>,
  context: CellContext,
) => Result;

/**
 * Options of any cell.
 * @example
 * const options: CellOptions = { title: "Total", watch: ["data/*.csv"] };
 */
export interface CellOptions {
  /** what stands above the output; defaults to the cell's name */
  readonly title?: string;
  /** contexts in which the cell may write frames; defaults to the project's `computeIn` */
  readonly computeIn?: readonly RunContext[];
  /** globs below the project's folder: files it hangs on though its code does not name them */
  readonly watch?: readonly string[];
}

/**
 * Options of a cached cell.
 * @example
 * const options: CachedOptions = { maxAge: "24h", key: ["region"], schema: { total: "number" } };
 */
export interface CachedOptions<Spec extends SchemaSpec = SchemaSpec> extends CellOptions {
  /** how old the published frame may be before it is shown as stale; defaults to the project's `maxAge` */
  readonly maxAge?: Duration;
  /**
   * names, out of the dependencies, of inputs that are part of the frame's key: a run with other
   * values of these publishes beside the default frame, not over it
   */
  readonly key?: readonly string[];
  /** the frame's columns: checked when it is computed, and known to the cells below */
  readonly schema?: Spec;
}

/**
 * Row types of published frames by frame name, filled by the declaration file under `.hex/`.
 * @example
 * type FrameNames = keyof PublishedFrames;
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is merged with the generated declaration file
export interface PublishedFrames {}

/** The frame that a cached function's result becomes; see the order of sources in docs/cells.md. @internal */
export type CachedFrame<Name extends string, Result> =
  Result extends Frame<infer Row>
    ? string extends keyof Row
      ? PublishedFrame<Name>
      : Frame<Row>
    : Result extends readonly (infer Row extends object)[]
      ? Frame<Row>
      : PublishedFrame<Name>;

type PublishedFrame<Name extends string> = Name extends keyof PublishedFrames
  ? PublishedFrames[Name] extends object
    ? Frame<PublishedFrames[Name]>
    : Frame
  : Frame;

/** A cell's function with the value types forgotten: the runner hands it what the plan says. */
export type AnyCellFunction = CellFunction<Record<string, Cell<never>>, unknown>;

/** A light cell: runs again whenever something above it changes. */
interface LightCell {
  readonly kind: "cell";
  readonly dependencies: Dependencies;
  readonly compute: AnyCellFunction;
  readonly options: CellOptions;
}

/** A heavy cell: computed where `computeIn` says, read back from the store everywhere else. */
export interface CachedCell {
  readonly kind: "cached";
  /** name of the published frame */
  readonly frame: string;
  readonly dependencies: Dependencies;
  readonly compute: AnyCellFunction;
  readonly options: CachedOptions;
}

/** A typed parameter with a widget, whose definition may depend on data. */
interface InputCell {
  readonly kind: "input";
  readonly dependencies: Dependencies;
  readonly widget: (values: Readonly<Record<string, unknown>>) => InputWidget;
}

/** A prose cell: a `.md` file. */
interface ProseCell {
  readonly kind: "prose";
  readonly dependencies: Dependencies;
  readonly markdown: string;
}

/** A query over the frames it names: a `.sql` file. */
interface SqlCell {
  readonly kind: "sql";
  readonly dependencies: Dependencies;
  readonly compute: AnyCellFunction;
}

export type CellDefinition = LightCell | CachedCell | InputCell | ProseCell | SqlCell;

/** Marks a definition as what a cell file may export. */
export function defineCell<Definition extends CellDefinition>(definition: Definition): Definition {
  return Object.freeze(Object.assign(definition, { [CELL]: true }));
}

export function isCellDefinition(value: unknown): value is CellDefinition {
  return typeof value === "object" && value !== null && CELL in value;
}

/**
 * A light cell over the cells it names: cheap, and run again whenever one of them changes.
 * @param compute gets the values of the named cells, then a `CellContext`; may be async
 * @example
 * const limit = slider({ min: 0, max: 10 });
 * const doubled = cell({ limit }, ({ limit }) => limit * 2, { title: "Doubled" });
 * doubled.kind; // → "cell"
 */
export function cell<Result>(
  compute: CellFunction<Record<never, never>, Result>,
  options?: CellOptions,
): Cell<Awaited<Result>>;
export function cell<const Named extends Dependencies, Result>(
  dependencies: Named,
  compute: CellFunction<Named, Result>,
  options?: CellOptions,
): Cell<Awaited<Result>>;
export function cell(
  first: Dependencies | AnyCellFunction,
  second?: AnyCellFunction | CellOptions,
  third?: CellOptions,
): Cell<unknown> {
  return defineCell({ kind: "cell", ...readArguments("cell", first, second, third) });
}

/**
 * A heavy cell whose frame is published under `frame` by the runs that compute it, and read back by
 * all others.
 * @param frame the name: segments of letters, digits, `.`, `_` and `-`, joined by `/`
 * @param compute gives a frame, rows or a danfo DataFrame; may be async
 * @example
 * const sales = cached("sales/daily", () => [{ day: "2026-01-31", total: 12.5 }], {
 *   schema: { day: "date", total: "number" },
 *   maxAge: "24h",
 * });
 * sales.kind; // → "cached"
 */
export function cached<const Name extends string, const Spec extends SchemaSpec>(
  frame: Name,
  compute: CellFunction<Record<never, never>, unknown>,
  options: CachedOptions<Spec> & { readonly schema: Spec },
): Cell<Frame<RowOf<Spec>>>;
export function cached<const Name extends string, Result>(
  frame: Name,
  compute: CellFunction<Record<never, never>, Result>,
  options?: Omit<CachedOptions, "schema">,
): Cell<CachedFrame<Name, Awaited<Result>>>;
export function cached<
  const Name extends string,
  const Named extends Dependencies,
  const Spec extends SchemaSpec,
>(
  frame: Name,
  dependencies: Named,
  compute: CellFunction<Named, unknown>,
  options: CachedOptions<Spec> & { readonly schema: Spec },
): Cell<Frame<RowOf<Spec>>>;
export function cached<const Name extends string, const Named extends Dependencies, Result>(
  frame: Name,
  dependencies: Named,
  compute: CellFunction<Named, Result>,
  options?: Omit<CachedOptions, "schema">,
): Cell<CachedFrame<Name, Awaited<Result>>>;
export function cached(
  frame: string,
  first: Dependencies | AnyCellFunction,
  second?: AnyCellFunction | CachedOptions,
  third?: CachedOptions,
): Cell<unknown> {
  return defineCell({ kind: "cached", frame, ...readArguments("cached", first, second, third) });
}

interface CellArguments {
  readonly dependencies: Dependencies;
  readonly compute: AnyCellFunction;
  readonly options: CachedOptions;
}

/** The dependencies may be left out; everything else keeps its order. */
function readArguments(
  maker: string,
  first: Dependencies | AnyCellFunction,
  second: AnyCellFunction | CachedOptions | undefined,
  third: CachedOptions | undefined,
): CellArguments {
  if (typeof first === "function") {
    return { dependencies: {}, compute: first, options: (second ?? {}) as CachedOptions };
  }
  if (typeof second === "function") {
    return { dependencies: first, compute: second, options: third ?? {} };
  }
  throw new TypeError(`Expected ${maker}(…) to get a function, got ${typeof second}`);
}
