import type { DataFrame } from "danfojs-node";
import { expectation, HexError } from "../errors.ts";
import { valuesOf } from "./column/column-build.ts";
import type { FrameColumn } from "./column/column-data.ts";
import { dateText } from "./column/moment.ts";
import type { ColumnType, Value } from "./schema.ts";

const MISSING_PACKAGE =
  "Expected the package danfojs-node to be installed, got nothing under that name (run " +
  "`npm install danfojs-node`, with these npm overrides in package.json: " +
  '"xlsx": "0.18.5", "@tensorflow/tfjs-node": "npm:@tensorflow/tfjs@4.22.0", ' +
  '"request": "npm:empty-npm-package@1.0.0")';

/**
 * A danfo DataFrame of the given columns. Numbers stay numbers and their missing values become
 * NaN; a bigint becomes a number when it is exact and else its digits; an instant becomes its ISO
 * text; dates and datetimes are text already; other missing values become null.
 *
 * With NaN the means of a danfo Series are right: it skips NaN. danfo's grouped mean does not skip
 * anything: it gives NaN for a group with a missing value, and would count null as 0, which is why
 * missing numbers are never null here. Group in the frame, or call `dropNa` first.
 */
export async function toDataFrame(columns: readonly FrameColumn[]): Promise<DataFrame> {
  const danfo = await importDanfo();
  for (const { name } of columns) checkName(danfo, name);
  // Names of our own, since an object would have names that are whole numbers first.
  const entries = columns.map(({ type, data }, index) => [
    `c${index}`,
    danfoValues(type, valuesOf(data)),
  ]);
  const names = columns.map(({ name }) => name);
  return new danfo.DataFrame(Object.fromEntries(entries), { columns: names });
}

async function importDanfo(): Promise<typeof import("danfojs-node")> {
  try {
    return await import("danfojs-node");
  } catch (cause) {
    throw new HexError("HEX_PACKAGE_MISSING", MISSING_PACKAGE, { cause });
  }
}

/** A DataFrame gets a property for each column, which may not stand before what danfo itself reads. */
function checkName({ DataFrame }: typeof import("danfojs-node"), name: string): void {
  const isRead = (part: object) => Object.getOwnPropertyDescriptor(part, name)?.get !== undefined;
  let part: unknown = DataFrame.prototype;
  let isTaken = name.startsWith("$");
  while (part instanceof Object && part !== Object.prototype) {
    isTaken ||= isRead(part);
    part = Object.getPrototypeOf(part);
  }
  if (!isTaken) return;
  throw expectation("HEX_FRAME_INVALID", {
    place: `column ${JSON.stringify(name)} of a danfo DataFrame`,
    expected: "of a name that danfo does not use itself",
    got: JSON.stringify(name),
    hint: `rename it first: rename({ ${JSON.stringify(name)}: ${JSON.stringify(`${name}_`)} })`,
  });
}

function danfoValues(type: ColumnType, values: readonly Value[]): unknown[] {
  const isExact = type === "bigint" && values.every(isExactBigint);
  const isNumeric = type === "number" || type === "integer" || isExact;
  return values.map((value) => {
    if (value === null) return isNumeric ? Number.NaN : null;
    if (value instanceof Date) return dateText(value);
    if (typeof value === "bigint") return isExact ? Number(value) : value.toString();
    return value;
  });
}

function isExactBigint(value: Value): boolean {
  return typeof value !== "bigint" || Number.isSafeInteger(Number(value));
}
