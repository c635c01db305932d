/** An option of a dropdown or a multiselect. */
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

/**
 * Two calendar days in order and the days between them, both included.
 * @example
 * const january: DateRange = { start: "2026-01-01", end: "2026-01-31" };
 */
export interface DateRange {
  /** the first day, YYYY-MM-DD */
  readonly start: string;
  /** the last day, YYYY-MM-DD */
  readonly end: string;
}

export interface DateRangeSpec extends Labelled {
  readonly default: DateRange;
  readonly min?: string;
  readonly max?: string;
}

export interface ButtonSpec extends Labelled {}

/**
 * A widget with every default filled in: what a page draws and what a value is checked against.
 * @example
 * const widget: InputWidget = { widget: "slider", min: 0, max: 10, step: 1, default: 0 };
 */
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
