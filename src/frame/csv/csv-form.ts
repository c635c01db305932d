import { expectation, type HexError } from "../../errors.ts";
import type { Column } from "../schema.ts";

/** Limits on the size of a CSV: writers and readers stop at these and do not fill memory. */
export interface CsvLimits {
  /** bytes of one field with its quotes; default 16 MiB */
  readonly maxFieldBytes: number;
  /** default 10,000 */
  readonly maxColumns: number;
  /** default 200,000,000 */
  readonly maxRows: number;
  /** default 8 GiB */
  readonly maxFileBytes: number;
}

export const CSV_LIMITS: CsvLimits = Object.freeze({
  maxFieldBytes: 16 * 2 ** 20,
  maxColumns: 10_000,
  maxRows: 200_000_000,
  maxFileBytes: 8 * 2 ** 30,
});

/** The limits, with the default for each that is not given. */
export function toCsvLimits(limits: Partial<CsvLimits> = {}): CsvLimits {
  return { ...CSV_LIMITS, ...limits };
}

const UNITS: Readonly<Record<keyof CsvLimits, string>> = {
  maxFieldBytes: "bytes",
  maxColumns: "columns",
  maxRows: "rows",
  maxFileBytes: "bytes",
};

/** Says that something at a place of a CSV is larger than a limit. */
export function limitError(
  code: "HEX_DATA_INVALID" | "HEX_FRAME_INVALID",
  place: string,
  limits: CsvLimits,
  limit: keyof CsvLimits,
): HexError {
  const most = `${limits[limit].toLocaleString("en")} ${UNITS[limit]}`;
  return expectation(code, { place, expected: `of at most ${most}`, got: "more" });
}

/** The sign for a missing value in a frame of one column: many readers drop blank lines. */
export const LONE_MISSING = "NA";

/** The header line of a frame's CSV: every name quoted. */
export function csvHeader(schema: readonly Pick<Column, "name">[]): string {
  return `${schema.map(({ name }) => quoteField(name)).join(",")}\n`;
}

/** A text as a quoted CSV field. */
function quoteField(text: string): string {
  return text.includes('"') ? `"${text.replaceAll('"', '""')}"` : `"${text}"`;
}
