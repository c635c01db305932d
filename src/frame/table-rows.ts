/** The order that a reader of a table asks for. */
export interface RowSort {
  readonly column: string;
  readonly descending: boolean;
}

/** What can be asked of the values of a column; texts compare without regard to case. */
export type FilterTest = "contains" | "equals" | "at-least" | "at-most" | "missing" | "present";

/** One condition on the rows of a table. */
export interface RowFilter {
  readonly column: string;
  readonly test: FilterTest;
  /** as it was typed; not needed for `missing` and `present` */
  readonly value?: string | undefined;
}
