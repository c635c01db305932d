import { expectation, type HexError } from "../errors.ts";
import { parseDay } from "../frame/column/moment.ts";
import { parseNumberText } from "../frame/number-text.ts";
import { formatCount, shorten } from "../text.ts";
import type { DateRange, InputWidget, Option } from "./input-widget.ts";
import type { RequestedInput } from "./requested-input.ts";

/** The value of an input: plain JSON. */
export type InputValue = string | number | boolean | null | DateRange | readonly Option[];

/** The rule that a value breaks, to follow "to be", or undefined when it keeps them all. */
type BrokenRule = string | undefined;

/**
 * The value that an input has in a run: the requested one, or else its default.
 * @param recorded what the default was when it was found last: that stays, as long as the widget allows it
 * @throws {HexError} HEX_INPUT_INVALID when a requested value breaks the widget's rule
 * @throws {HexError} HEX_CELL_INVALID when the default itself does
 */
export function readInputValue(
  name: string,
  widget: InputWidget,
  requested: RequestedInput | undefined,
  recorded?: { readonly value: unknown },
): InputValue {
  refuseDefault(name, widget);
  if (requested === undefined) {
    const stays = recorded !== undefined && brokenRule(widget, recorded.value) === undefined;
    return stays ? (recorded.value as InputValue) : widget.default;
  }
  const value = requested.form === "text" ? fromText(widget, requested.value) : requested.value;
  const rule = brokenRule(widget, value);
  if (rule === undefined) return value as InputValue;
  throw expectation("HEX_INPUT_INVALID", {
    place: requested.place,
    expected: rule,
    got: show(requested.value),
  });
}

function refuseDefault(name: string, widget: InputWidget): void {
  const isEmptyDropdown = widget.widget === "dropdown" && widget.options.length === 0;
  const rule = isEmptyDropdown ? undefined : brokenRule(widget, widget.default);
  if (rule !== undefined) throw wrongDefault(name, rule, widget.default);
}

function wrongDefault(name: string, rule: string, got: unknown): HexError {
  return expectation("HEX_CELL_INVALID", {
    place: `the default of input ${name}`,
    expected: rule,
    got: show(got),
  });
}

/** Reads a flag's text by the widget's own rule; what cannot be read stays text and is refused. */
function fromText(widget: InputWidget, raw: unknown): unknown {
  const text = String(raw);
  switch (widget.widget) {
    case "text":
    case "date":
      return text;
    case "number":
    case "slider":
      return parseNumberText(text) ?? text;
    case "dropdown":
      return widget.options.find((option) => String(option) === text) ?? text;
    case "multiselect":
      return fromListText(widget.options, text);
    case "checkbox":
    case "button":
      return text === "true" ? true : text === "false" ? false : text;
    case "date_range": {
      const [start, end, ...rest] = text.split("/");
      return end === undefined || rest.length > 0 ? text : { start, end };
    }
  }
}

/** A list is written as JSON; one option alone may stand for itself. */
function fromListText(options: readonly Option[], text: string): unknown {
  const alone = options.find((option) => String(option) === text);
  if (alone !== undefined) return [alone];
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function brokenRule(widget: InputWidget, value: unknown): BrokenRule {
  switch (widget.widget) {
    case "text":
      return textRule(widget.maxLength, value);
    case "number":
    case "slider":
      return numberRule(widget, value);
    case "dropdown":
      return widget.options.some((option) => option === value)
        ? undefined
        : `one of ${listOptions(widget.options)}`;
    case "multiselect":
      return listRule(widget.options, value);
    case "checkbox":
    case "button":
      return typeof value === "boolean" ? undefined : "true or false";
    case "date":
      return dayRule(widget, value);
    case "date_range":
      return rangeRule(widget, value);
  }
}

function textRule(maxLength: number, value: unknown): BrokenRule {
  const fits = typeof value === "string" && value.length <= maxLength;
  return fits ? undefined : `a text of at most ${formatCount(maxLength)} characters`;
}

interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
}

function numberRule({ min, max, step }: NumberLimits, value: unknown): BrokenRule {
  const isIn =
    typeof value === "number" &&
    Number.isFinite(value) &&
    value >= (min ?? -Infinity) &&
    value <= (max ?? Infinity);
  const isOnStep = isIn && (step === undefined || isMultiple(value - (min ?? 0), step));
  return isOnStep ? undefined : `a number${limitsText({ min, max, step } as NumberLimits)}`;
}

/** Whether a whole number of steps reaches the distance, within the rounding of decimal fractions. */
function isMultiple(distance: number, step: number): boolean {
  const count = distance / step;
  return Math.abs(count - Math.round(count)) <= 1e-9 * Math.max(1, Math.abs(count));
}

function limitsText({ min, max, step }: NumberLimits): string {
  const range =
    min !== undefined && max !== undefined
      ? ` from ${min} to ${max}`
      : min !== undefined
        ? ` of at least ${min}`
        : max !== undefined
          ? ` of at most ${max}`
          : "";
  return step === undefined ? range : `${range} in steps of ${step}`;
}

function listRule(options: readonly Option[], value: unknown): BrokenRule {
  // Longer than the options are it has repeats, or others: that is not looked for one by one.
  const isList =
    Array.isArray(value) &&
    value.length <= options.length &&
    new Set(value).size === value.length &&
    isWithin(value, new Set(options));
  return isList ? undefined : `a list without repeats out of ${listOptions(options)}`;
}

function isWithin(values: readonly unknown[], known: ReadonlySet<unknown>): boolean {
  return values.every((each) => known.has(each));
}

interface DayLimits {
  readonly min?: string;
  readonly max?: string;
}

function dayRule({ min, max }: DayLimits, value: unknown): BrokenRule {
  const fits =
    typeof value === "string" &&
    parseDay(value) !== undefined &&
    (min === undefined || value >= min) &&
    (max === undefined || value <= max);
  if (fits) return undefined;
  const from = min === undefined ? "" : ` from ${min}`;
  const to = max === undefined ? "" : ` to ${max}`;
  return `a calendar day YYYY-MM-DD${from}${to}`;
}

function rangeRule(limits: DayLimits, value: unknown): BrokenRule {
  const isRange = isDateRange(value) && value.start <= value.end;
  if (isRange && dayRule(limits, value.start) === undefined) {
    if (dayRule(limits, value.end) === undefined) return undefined;
  }
  return `two days in order, START/END, each ${dayRule(limits, undefined)}`;
}

function isDateRange(value: unknown): value is DateRange {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).length === 2 &&
    "start" in value &&
    "end" in value &&
    typeof value.start === "string" &&
    typeof value.end === "string"
  );
}

const OPTIONS_SHOWN = 12;

function listOptions(options: readonly Option[]): string {
  const shown = options.slice(0, OPTIONS_SHOWN).map((option) => JSON.stringify(option));
  const more = options.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function show(value: unknown): string {
  return shorten(JSON.stringify(value) ?? String(value), 78);
}
