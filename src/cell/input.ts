import { type Cell, type Dependencies, defineCell, type ValuesOf } from "./cell.ts";
import type {
  ButtonSpec,
  CheckboxSpec,
  DateRange,
  DateRangeSpec,
  DateSpec,
  DropdownSpec,
  InputWidget,
  MultiselectSpec,
  NumberSpec,
  Option,
  SliderSpec,
  TextSpec,
} from "./input-widget.ts";

/** A spec, or a function that makes it from the values of other cells. */
type SpecMaker<Named extends Dependencies, Spec> = (values: ValuesOf<Named>) => Spec;

/**
 * A line of text.
 * @example
 * text({ label: "Name", default: "Ada", maxLength: 40 }).kind; // → "input"
 */
export function text(spec: TextSpec): Cell<string>;
export function text<const D extends Dependencies>(
  dependencies: D,
  make: SpecMaker<D, TextSpec>,
): Cell<string>;
export function text(...written: Written<TextSpec>): Cell<string> {
  return defineInput(written, ({ default: initial = "", maxLength = 10_000, ...spec }) => ({
    widget: "text",
    ...spec,
    default: initial,
    maxLength,
  }));
}

/**
 * A number, typed in.
 * @example
 * number({ default: 5, min: 0, step: 0.5 }).kind; // → "input"
 */
export function number(spec: NumberSpec): Cell<number>;
export function number<const D extends Dependencies>(
  dependencies: D,
  make: SpecMaker<D, NumberSpec>,
): Cell<number>;
export function number(...written: Written<NumberSpec>): Cell<number> {
  return defineInput(written, (spec) => ({ widget: "number", ...spec }));
}

/**
 * A number between two bounds, dragged.
 * @example
 * const sales = cached("sales", () => [{ total: 3 }, { total: 8 }]);
 * const limit = slider({ sales }, ({ sales }) => ({ min: 0, max: sales.numRows }));
 * limit.kind; // → "input"
 */
export function slider(spec: SliderSpec): Cell<number>;
export function slider<const D extends Dependencies>(
  dependencies: D,
  make: SpecMaker<D, SliderSpec>,
): Cell<number>;
export function slider(...written: Written<SliderSpec>): Cell<number> {
  return defineInput(written, ({ step = 1, default: initial, ...spec }) => ({
    widget: "slider",
    ...spec,
    step,
    default: initial ?? spec.min,
  }));
}

/**
 * One of several options, texts or numbers. Without options its value is null.
 * @example
 * const region = dropdown({ options: ["north", "south"], default: "south" });
 * cell({ region }, ({ region }) => region.length).kind; // → "cell"
 */
export function dropdown<const Choice extends Option>(spec: DropdownSpec<Choice>): Cell<Choice>;
export function dropdown<const D extends Dependencies, Choice extends Option>(
  dependencies: D,
  make: SpecMaker<D, DropdownSpec<Choice>>,
): Cell<Choice>;
export function dropdown(...written: Written<DropdownSpec<Option>>): Cell<never> {
  return defineInput(written, ({ options, default: initial, ...spec }) => ({
    widget: "dropdown",
    ...spec,
    options,
    default: initial ?? options[0] ?? null,
  }));
}

/**
 * Any number of several options, texts or numbers, without repeats.
 * @example
 * multiselect({ options: [2024, 2025, 2026], default: [2026] }).kind; // → "input"
 */
export function multiselect<const Choice extends Option>(
  spec: MultiselectSpec<Choice>,
): Cell<readonly Choice[]>;
export function multiselect<const D extends Dependencies, Choice extends Option>(
  dependencies: D,
  make: SpecMaker<D, MultiselectSpec<Choice>>,
): Cell<readonly Choice[]>;
export function multiselect(...written: Written<MultiselectSpec<Option>>): Cell<readonly never[]> {
  return defineInput(written, ({ default: initial = [], ...spec }) => ({
    widget: "multiselect",
    ...spec,
    default: initial,
  }));
}

/**
 * True or false.
 * @example
 * checkbox({ label: "With returns", default: true }).kind; // → "input"
 */
export function checkbox(spec: CheckboxSpec): Cell<boolean>;
export function checkbox<const D extends Dependencies>(
  dependencies: D,
  make: SpecMaker<D, CheckboxSpec>,
): Cell<boolean>;
export function checkbox(...written: Written<CheckboxSpec>): Cell<boolean> {
  return defineInput(written, ({ default: initial = false, ...spec }) => ({
    widget: "checkbox",
    ...spec,
    default: initial,
  }));
}

/**
 * A calendar day, YYYY-MM-DD.
 * @example
 * date({ default: "2026-01-31", min: "2026-01-01" }).kind; // → "input"
 */
export function date(spec: DateSpec): Cell<string>;
export function date<const D extends Dependencies>(
  dependencies: D,
  make: SpecMaker<D, DateSpec>,
): Cell<string>;
export function date(...written: Written<DateSpec>): Cell<string> {
  return defineInput(written, (spec) => ({ widget: "date", ...spec }));
}

/**
 * Two calendar days and the days between them.
 * @example
 * dateRange({ default: { start: "2026-01-01", end: "2026-01-31" } }).kind; // → "input"
 */
export function dateRange(spec: DateRangeSpec): Cell<DateRange>;
export function dateRange<const D extends Dependencies>(
  dependencies: D,
  make: SpecMaker<D, DateRangeSpec>,
): Cell<DateRange>;
export function dateRange(...written: Written<DateRangeSpec>): Cell<DateRange> {
  return defineInput(written, (spec) => ({ widget: "date_range", ...spec }));
}

/**
 * True only in the run that a press of the button starts.
 * @example
 * const send = button({ label: "Send" });
 * cell({ send }, ({ send }) => (send ? "sent" : "not sent")).kind; // → "cell"
 */
export function button(spec: ButtonSpec): Cell<boolean>;
export function button<const D extends Dependencies>(
  dependencies: D,
  make: SpecMaker<D, ButtonSpec>,
): Cell<boolean>;
export function button(...written: Written<ButtonSpec>): Cell<boolean> {
  return defineInput(written, (spec) => ({ widget: "button", ...spec, default: false }));
}

type Written<Spec> = [Spec] | [Dependencies, SpecMaker<never, Spec>];

function defineInput<Spec>(written: Written<Spec>, toWidget: (spec: Spec) => InputWidget) {
  if (written.length === 1) {
    const [spec] = written;
    return defineCell({ kind: "input", dependencies: {}, widget: () => toWidget(spec) });
  }
  const [dependencies, make] = written;
  return defineCell({
    kind: "input",
    dependencies,
    widget: (values) => toWidget(make(values as never)),
  });
}
