import { expectation, type HexError } from "../../errors.ts";
import type { AnyFrame } from "../frame.ts";
import type { ColumnType } from "../schema.ts";
import { type Connection, quoteName } from "./duckdb.ts";
import { createTable } from "./duckdb-write.ts";

/** DuckDB's types of columns that may be of two types in two files. */
const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  string: "VARCHAR",
  number: "DOUBLE",
  integer: "BIGINT",
  bigint: "BIGINT",
  boolean: "BOOLEAN",
  date: "DATE",
  datetime: "TIMESTAMP",
  instant: "TIMESTAMPTZ",
};

/**
 * Creates a table of the rows of frames, one after the other. A column without a value in one of them
 * is of the type that it has in the others, and an integer may be a number or a bigint.
 *
 * @param frames by the names of the files that they were read from
 * @throws {HexError} HEX_DATA_INVALID when they do not have the same columns
 */
export async function uniteFrames(
  connection: Connection,
  name: string,
  frames: ReadonlyMap<string, AnyFrame>,
): Promise<void> {
  const types = toTypes(frames);
  const selects: string[] = [];
  for (const [index, frame] of [...frames.values()].entries()) {
    const part = `${name} of ${index}`;
    await createTable(connection, part, frame.columns());
    const columns = [...types].map(([column, type]) => {
      const own = frame.schema.find((each) => each.name === column)?.type;
      const isCast = own !== type;
      return isCast
        ? `${quoteName(column)}::${SQL_TYPES[type]} AS ${quoteName(column)}`
        : quoteName(column);
    });
    selects.push(`SELECT ${columns.join(", ")} FROM ${quoteName(part)}`);
  }
  await connection.run(`CREATE TEMP TABLE ${quoteName(name)} AS ${selects.join(" UNION ALL ")}`);
  for (const index of selects.keys())
    await connection.run(`DROP TABLE ${quoteName(`${name} of ${index}`)}`);
}

function toTypes(frames: ReadonlyMap<string, AnyFrame>): ReadonlyMap<string, ColumnType> {
  const names = checkNames(frames);
  return new Map(names.map((name) => [name, toType(name, frames)]));
}

/** The columns of the first frame, which all others have as well. */
function checkNames(frames: ReadonlyMap<string, AnyFrame>): readonly string[] {
  const [[first, frame] = []] = frames;
  const names: readonly string[] = frame?.columnNames ?? [];
  for (const [file, { columnNames }] of frames) {
    const extra = columnNames.find((name) => !names.includes(name));
    if (extra !== undefined) throw columnError(extra, [`${first}`, file], `none in ${first}`);
    const lacking = names.find((name) => !columnNames.includes(name));
    if (lacking !== undefined) throw columnError(lacking, [`${first}`, file], `none in ${file}`);
  }
  return names;
}

/** The type that holds the values of a column in all frames. */
function toType(name: string, frames: ReadonlyMap<string, AnyFrame>): ColumnType {
  let known: { readonly type: ColumnType; readonly file: string } | undefined;
  for (const [file, frame] of frames) {
    const { type, data } = frame.columns().find((column) => column.name === name) ?? {};
    if (type === undefined || data === undefined || data.nullCount === data.length) continue;
    const widened = known === undefined ? type : widen(known.type, type);
    if (widened === undefined) {
      throw columnError(name, [known?.file ?? "", file], `${known?.type} and ${type}`);
    }
    known = { type: widened, file: known?.file ?? file };
  }
  return known?.type ?? "string";
}

/** The type that holds the values of both; undefined where none does. */
function widen(left: ColumnType, right: ColumnType): ColumnType | undefined {
  if (left === right) return left;
  const pair = new Set([left, right]);
  if (!pair.has("integer")) return undefined;
  if (pair.has("number")) return "number";
  return pair.has("bigint") ? "bigint" : undefined;
}

function columnError(name: string, files: readonly string[], got: string): HexError {
  return expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(name)} of ${files.join(" and ")}`,
    expected: "of one type in all files",
    got,
    hint: "read them apart, cast the column, and join them by UNION ALL",
  });
}
