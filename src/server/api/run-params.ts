import { namesAbove } from "../../cell/graph.ts";
import { readInputValue } from "../../cell/input-value.ts";
import type { InputWidget } from "../../cell/input-widget.ts";
import type { RequestedInput, RequestedInputs } from "../../cell/requested-input.ts";
import { HexError } from "../../errors.ts";
import type { DescribedCell } from "../../project/project-description.ts";
import { HttpFailure } from "../http-failure.ts";

/** A parameter whose value breaks the rule of its input, as Hex tells it. */
interface InvalidParam {
  readonly paramName: string;
  /** the value as JSON */
  readonly paramValue: string;
  readonly dataType: string;
  readonly inputCellType: string;
}

/** What the parameters of a run are checked against. */
export interface KnownInputs {
  readonly cells: readonly DescribedCell[];
  /** as published: of inputs whose widget hangs on data */
  readonly published: ReadonlyMap<string, InputWidget>;
}

/**
 * The inputs that a run is to have. One whose widget hangs on data is checked against what was
 * published, unless other parameters may change that data: the run itself checks it then.
 *
 * @throws {HttpFailure} 422 with all that are wrong and all that are unknown
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
  if (notFound.length > 0) reasons.push(tellUnknown(notFound, known));
  throw new HttpFailure(422, reasons.join("; "), { details: { invalid, notFound } });
}

function publishedWidget(
  cell: DescribedCell,
  params: ReadonlyMap<string, unknown>,
  { cells, published }: KnownInputs,
): InputWidget | undefined {
  const above = namesAbove(cells, [cell.name]);
  const isSteady = [...params.keys()].every((name) => !above.has(name));
  return isSteady ? published.get(cell.name) : undefined;
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
  const paramValue = JSON.stringify(value) ?? "null";
  return {
    paramName,
    paramValue: paramValue.length <= 1_000 ? paramValue : `${paramValue.slice(0, 1_000)}…`,
    dataType: DATA_TYPES[widget],
    inputCellType: widget.toUpperCase(),
  };
}

function tellUnknown(notFound: readonly string[], { cells }: KnownInputs): string {
  const names = cells.filter(({ kind }) => kind === "input").map(({ name }) => name);
  const expected = names.length === 0 ? "left out" : `named after the inputs ${names.join(", ")}`;
  const got = notFound.slice(0, 10).map((name) => JSON.stringify(name.slice(0, 80)));
  return `Expected inputParams to be ${expected}, got ${got.join(", ")}`;
}
