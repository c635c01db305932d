import { namesAbove } from "../../cell/graph.ts";
import { readInputValue } from "../../cell/input-value.ts";
import type { InputWidget } from "../../cell/input-widget.ts";
import type { RequestedInput, RequestedInputs } from "../../cell/requested-input.ts";
import type { RunContext } from "../../cell/run-context.ts";
import { HexError } from "../../errors.ts";
import type { DescribedCell } from "../../project/project-description.ts";
import { shorten } from "../../text.ts";
import { HttpFailure } from "../http-failure.ts";

/** A parameter whose value breaks the rule of its input, in the form of Hex. */
interface InvalidParam {
  readonly paramName: string;
  /** the value as JSON */
  readonly paramValue: string;
  readonly dataType: string;
  readonly inputCellType: string;
}

/** The cells and widgets that parameters of a run are checked against. */
export interface KnownInputs {
  readonly cells: readonly DescribedCell[];
  /** published widgets of inputs whose widget depends on data */
  readonly published: ReadonlyMap<string, InputWidget>;
}

/**
 * The inputs of a run. One whose widget depends on data is checked against the published widget,
 * unless other parameters may change that data: then the run checks it.
 *
 * @throws {HttpFailure} 422 with all wrong and all unknown parameters
 */
export function toRunInputs(
  params: ReadonlyMap<string, unknown>,
  known: KnownInputs,
): RequestedInputs {
  const inputs = new Map<string, RequestedInput>();
  const invalid: InvalidParam[] = [];
  const notFound: string[] = [];
  const reasons: string[] = [];
  for (const [name, value] of params) {
    const cell = known.cells.find((each) => each.name === name && each.kind === "input");
    if (cell === undefined) {
      notFound.push(name);
      continue;
    }
    const widget = cell.widget ?? publishedWidget(cell, params, known);
    const asked: RequestedInput = { value, form: "json", place: `input ${name}` };
    const reason = widget && findFault(cell, widget, asked);
    if (widget === undefined || reason === undefined) inputs.set(name, asked);
    else {
      invalid.push(toInvalid(name, value, widget));
      reasons.push(reason);
    }
  }
  if (invalid.length + notFound.length === 0) return inputs;
  if (notFound.length > 0) reasons.push(describeUnknown(notFound, known));
  throw new HttpFailure(422, reasons.join("; "), { details: { invalid, notFound } });
}

function publishedWidget(
  cell: DescribedCell,
  params: ReadonlyMap<string, unknown>,
  { cells, published }: KnownInputs,
): InputWidget | undefined {
  const above = namesAbove(cells, [cell.name]);
  const isUnchanged = [...params.keys()].every((name) => !above.has(name));
  return isUnchanged ? published.get(cell.name) : undefined;
}

function findFault(
  { name }: DescribedCell,
  widget: InputWidget,
  asked: RequestedInput,
): string | undefined {
  try {
    readInputValue(name, widget, asked);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof HexError && thrown.code === "HEX_INPUT_INVALID") return thrown.message;
    throw thrown;
  }
}

const DATA_TYPES: Readonly<Record<InputWidget["widget"], string>> = {
  text: "STRING",
  number: "NUMBER",
  slider: "NUMBER",
  dropdown: "STRING",
  multiselect: "ARRAY",
  checkbox: "BOOLEAN",
  button: "BOOLEAN",
  date: "DATE",
  date_range: "DATE_RANGE",
};

function toInvalid(paramName: string, value: unknown, { widget }: InputWidget): InvalidParam {
  return {
    paramName,
    paramValue: shorten(JSON.stringify(value) ?? "null", 1_001),
    dataType: DATA_TYPES[widget],
    inputCellType: widget.toUpperCase(),
  };
}

function describeUnknown(notFound: readonly string[], { cells }: KnownInputs): string {
  const names = cells.filter(({ kind }) => kind === "input").map(({ name }) => name);
  const expected = names.length === 0 ? "left out" : `named after the inputs ${names.join(", ")}`;
  const got = notFound.slice(0, 10).map((name) => JSON.stringify(name.slice(0, 80)));
  return `Expected inputParams to be ${expected}, got ${got.join(", ")}`;
}

/** The body of RunProject with its defaults. */
export interface RunBody {
  /** values by input name */
  readonly inputParams: ReadonlyMap<string, unknown>;
  /** whether the request is only checked */
  readonly dryRun: boolean;
  /** whether the run is to compute and publish anew, instead of reading what was published */
  readonly updatePublishedResults: boolean;
}

/** Keys that are true or false. */
export const RUN_FLAGS = [
  "dryRun",
  "updatePublishedResults",
  "useCachedSqlResults",
  "updateCache",
] as const;
const KEYS = ["inputParams", ...RUN_FLAGS, "viewId", "notifications"] as const;

type Key = (typeof KEYS)[number];

/**
 * Reads the body of RunProject; none is an empty one.
 *
 * `useCachedSqlResults` is checked and changes nothing, since queries here are not cached.
 * `updateCache`, the older name of `updatePublishedResults`, counts only without parameters, as at
 * Hex.
 *
 * @throws {HttpFailure} 400 for what breaks the form, 422 for what this server does not have
 */
export function parseRunBody(body: unknown): RunBody {
  const written = toKnownKeys(body);
  const inputParams = readParams(written.get("inputParams"));
  const updateCache = readFlag(written, "updateCache") && inputParams.size === 0;
  readFlag(written, "useCachedSqlResults");
  refuseView(written.get("viewId"));
  refuseNotifications(written.get("notifications"));
  return {
    inputParams,
    dryRun: readFlag(written, "dryRun"),
    updatePublishedResults: readFlag(written, "updatePublishedResults") || updateCache,
  };
}

function toKnownKeys(body: unknown): ReadonlyMap<Key, unknown> {
  const known = new Map<Key, unknown>();
  for (const [written, value] of Object.entries(
    readObject(body === undefined ? {} : body, "the body"),
  )) {
    const key = KEYS.find((each) => each === written);
    if (key === undefined) {
      throw new HttpFailure(
        400,
        `Expected the body to have only the keys ${KEYS.join(", ")}, got ${show(written)}`,
      );
    }
    known.set(key, value);
  }
  return known;
}

function readParams(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(readObject(value ?? {}, "inputParams")));
}

function readObject(value: unknown, place: string): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new HttpFailure(400, `Expected ${place} to be a JSON object, got ${show(value)}`);
}

/** Hex's own examples, and Python, write them as texts. */
const FLAGS = new Map<unknown, boolean>([
  [undefined, false],
  [null, false],
  [true, true],
  [false, false],
  ["true", true],
  ["false", false],
  ["True", true],
  ["False", false],
]);

function readFlag(written: ReadonlyMap<Key, unknown>, key: Key): boolean {
  const value = written.get(key);
  const flag = FLAGS.get(value);
  if (flag !== undefined) return flag;
  throw new HttpFailure(400, `Expected ${key} to be true or false, got ${show(value)}`);
}

function refuseView(viewId: unknown): void {
  if (viewId === undefined || viewId === null) return;
  throw new HttpFailure(
    422,
    "Expected no viewId, since this server keeps no saved views, got one (give the values as inputParams)",
  );
}

/** Dropped in silence, they would be missed when it matters. */
function refuseNotifications(notifications: unknown): void {
  if (notifications === undefined || notifications === null) return;
  if (Array.isArray(notifications) && notifications.length === 0) return;
  throw new HttpFailure(
    422,
    "Expected no notifications, since this server sends none, got some (leave them out, and poll the run)",
  );
}

/** A value in a message. */
function show(value: unknown): string {
  return shorten(JSON.stringify(value) ?? "nothing", 81);
}

/** The contexts in which a program's run may compute, the first choice first. */
const COMPUTING = ["api-triggered", "scheduled", "logic"] as const satisfies readonly RunContext[];

/**
 * The context of a run that a program asks for. It is `api-triggered`, which reads what was published
 * unless the project computes there. A run that is to update what was published goes in the context
 * in which most of the cached cells compute.
 */
export function toRunContext(
  cells: readonly DescribedCell[],
  { updatePublishedResults }: { readonly updatePublishedResults: boolean },
): RunContext {
  if (!updatePublishedResults) return "api-triggered";
  const cached = cells.filter(({ kind }) => kind === "cached");
  const counted = COMPUTING.map((context) => ({
    context,
    computed: cached.filter(({ computeIn }) => computeIn.includes(context)).length,
  }));
  return counted.reduce((most, each) => (each.computed > most.computed ? each : most)).context;
}
