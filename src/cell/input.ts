import { type Cell, type Dependencies, defineCell, type ValuesOf } from "./cell.ts";

/** What can be chosen in a dropdown or a multiselect. */
export type Option = string | number;

interface Labelled {
  /** what stands beside the widget; defaults to the cell's name */
  readonly label?: string;
}

export interface TextSpec extends Labelled {
  /** defaults to "" */
  readonly default?: string;
  /** in characters; defaults to 10,000 */
  readonly maxLength?: number;
}

export interface NumberSpec extends Labelled {
  readonly default: number;
  readonly min?: number;
  readonly max?: number;
  /** distance between the allowed values, counted from `min` (or 0); any value by default */
  readonly step?: number;
}

export interface SliderSpec extends Labelled {
  readonly min: number;
  readonly max: number;
  /** distance between the allowed values; defaults to 1 */
  readonly step?: number;
  /** defaults to `min` */
  readonly default?: number;
}

export interface DropdownSpec<Choice extends Option> extends Labelled {
  readonly options: readonly Choice[];
  /** defaults to the first option */
  readonly default?: NoInfer<Choice>;
}

export interface MultiselectSpec<Choice extends Option> extends Labelled {
  readonly options: readonly Choice[];
  /** defaults to none */
  readonly default?: readonly NoInfer<Choice>[];
}

export interface CheckboxSpec extends Labelled {
  /** defaults to false */
  readonly default?: boolean;
}

export interface DateSpec extends Labelled {
  /** a calendar day, YYYY-MM-DD */
  readonly default: string;
  /** the first day allowed */
  readonly min?: string;
  /** the last day allowed */
  readonly max?: string;
}

/** Both days included. */
export interface DateRange {
  readonly start: string;
  readonly end: string;
}

export interface DateRangeSpec extends Labelled {
  readonly default: DateRange;
  readonly min?: string;
  readonly max?: string;
}

export interface ButtonSpec extends Labelled {}

/** A widget with every default filled in: what a page draws and what a value is checked against. */
export type InputWidget =
  | (Needed<TextSpec, "default" | "maxLength"> & { readonly widget: "text" })
  | (NumberSpec & { readonly widget: "number" })
  | (Needed<SliderSpec, "default" | "step"> & { readonly widget: "slider" })
  | (Omit<DropdownSpec<Option>, "default"> & {
      readonly widget: "dropdown";
      readonly default: Option | null;
    })
  | (Needed<MultiselectSpec<Option>, "default"> & { readonly widget: "multiselect" })
  | (Needed<CheckboxSpec, "default"> & { readonly widget: "checkbox" })
  | (DateSpec & { readonly widget: "date" })
  | (DateRangeSpec & { readonly widget: "date_range" })
  | (ButtonSpec & { readonly widget: "button"; readonly default: false });

type Needed<Spec, Name extends keyof Spec> = Omit<Spec, Name> & Required<Pick<Spec, Name>>;

/** A spec, or a function that makes it from the values of other cells. */
type SpecMaker<Named extends Dependencies, Spec> = (values: ValuesOf<Named>) => Spec;

/** A line of text. */
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

/** A number, typed in. */
export function number(spec: NumberSpec): Cell<number>;
export function number<const D extends Dependencies>(
  dependencies: D,
  make: SpecMaker<D, NumberSpec>,
): Cell<number>;
export function number(...written: Written<NumberSpec>): Cell<number> {
  return defineInput(written, (spec) => ({ widget: "number", ...spec }));
}

/** A number between two bounds, dragged. */
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

/** One of several options. Without options its value is null. */
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

/** Any number of several options. */
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

/** True or false. */
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

/** A calendar day, YYYY-MM-DD. */
export function date(spec: DateSpec): Cell<string>;
export function date<const D extends Dependencies>(
  dependencies: D,
  make: SpecMaker<D, DateSpec>,
): Cell<string>;
export function date(...written: Written<DateSpec>): Cell<string> {
  return defineInput(written, (spec) => ({ widget: "date", ...spec }));
}

/** Two calendar days and what lies between them. */
export function dateRange(spec: DateRangeSpec): Cell<DateRange>;
export function dateRange<const D extends Dependencies>(
  dependencies: D,
  make: SpecMaker<D, DateRangeSpec>,
): Cell<DateRange>;
export function dateRange(...written: Written<DateRangeSpec>): Cell<DateRange> {
  return defineInput(written, (spec) => ({ widget: "date_range", ...spec }));
}

/** True only in the run that a press of the button starts. */
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
