import type { Frame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import type { RowOf, SchemaSpec } from "../../src/frame/schema.ts";

/** A column of each type. */
export const EVERY_TYPE = {
  string: "string",
  number: "number",
  integer: "integer",
  bigint: "bigint",
  boolean: "boolean",
  date: "date",
  datetime: "datetime",
  instant: "instant",
} as const satisfies SchemaSpec;

/** The values of each type that codecs are known to lose, with missing ones between. */
export function everyTypeFrame(): Frame<RowOf<typeof EVERY_TYPE>> {
  return frame(
    [
      {
        string: 'quote " comma , newline \n return \r nul \0 accent é astral 😀',
        number: -0,
        integer: Number.MAX_SAFE_INTEGER,
        bigint: -(2n ** 63n),
        boolean: true,
        date: "0001-01-01",
        datetime: "9999-12-31T23:59:59.999",
        instant: new Date(-1),
      },
      {},
      {
        string: "",
        number: Number.NaN,
        integer: Number.MIN_SAFE_INTEGER,
        bigint: 2n ** 63n - 1n,
        boolean: false,
        date: "9999-12-31",
        datetime: "0001-01-01T00:00:00",
        instant: new Date("9999-12-31T23:59:59.999Z"),
      },
      { string: "NA", number: Number.POSITIVE_INFINITY, integer: 0, date: "2020-02-29" },
      { string: "\uFEFF", number: Number.NEGATIVE_INFINITY, integer: -1, date: "1969-12-31" },
      { string: " padded ", number: 5e-324, integer: 2 ** 31, bigint: 0n },
      { string: "null", number: 1e21, integer: -(2 ** 31) - 1, datetime: "2020-01-01T00:00:00.5" },
      { string: "#N/A", number: 0.1 + 0.2 },
    ],
    EVERY_TYPE,
  );
}
