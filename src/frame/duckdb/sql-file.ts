/** The files that a query names: as a table, `FROM 'data/x.parquet'`, or in a call, `read_csv('x.csv')`. */
import { expectation } from "../../errors.ts";
import type { CsvOptions } from "../csv/read/csv-options.ts";
import { isLeftOut } from "../list-files.ts";
import { readSqlCsvOptions } from "./sql-csv-options.ts";
import { type SqlNode, toSqlNode, toSqlNodes, toSqlOptions, toSqlValue } from "./sql-node.ts";
import { SqlError, type SqlText } from "./sql-text.ts";

/** How a file is read: Parquet and plain text by DuckDB, all else exactly, by the readers of frames. */
type SqlReader = "parquet" | "text" | "csv" | "json" | "arrow";

/** Files that a query reads as one table. */
export interface SqlFile {
  /** as written: below the project's folder, or the store's after `store:`; globs among them */
  readonly paths: readonly string[];
  readonly reader: SqlReader;
  /** the bytes of the query that it stands in: a name, or a call */
  readonly start: number;
  readonly end: number;
  /** the name that the query has for it where it gives none itself; undefined where it does */
  readonly alias: string | undefined;
  /** undefined for a table */
  readonly call: FileCall | undefined;
  readonly csv: CsvOptions;
}

/** A call of a table function that reads files. */
interface FileCall {
  readonly name: string;
  /** as written, after the first argument */
  readonly rest: string;
  readonly options: ReadonlyMap<string, unknown>;
}

const READERS: ReadonlyMap<string, SqlReader> = new Map([
  ["read_parquet", "parquet"],
  ["parquet_scan", "parquet"],
  ["read_text", "text"],
  ["read_csv", "csv"],
  ["read_csv_auto", "csv"],
  ["read_json", "json"],
  ["read_json_auto", "json"],
  ["read_ndjson", "json"],
  ["read_ndjson_auto", "json"],
]);

/** They read what is only known when the query runs, so nobody could say on what the cell hangs. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["query", "write the query itself"],
  ["query_table", "write the name of the table"],
  ["glob", "name the files by the glob itself: read_parquet('data/*.parquet')"],
  ["read_blob", "a frame holds no bytes"],
  ["sniff_csv", "read_csv('data/x.csv') reads a CSV"],
  ["read_json_objects", "read_json('data/x.json') reads JSON"],
]);

const ENDINGS: readonly (readonly [RegExp, SqlReader])[] = [
  [/\.(?:parquet|pq)$/i, "parquet"],
  [/\.(?:csv|tsv)(?:\.(?:gz|zst))?$/i, "csv"],
  [/\.(?:json|jsonl|ndjson)(?:\.(?:gz|zst))?$/i, "json"],
  [/\.(?:arrow|feather)$/i, "arrow"],
];

const FILE_HINT =
  "parquet, csv, tsv, json, jsonl and arrow are known; read_csv('data/x.txt') reads any CSV";

const JSON_HINT =
  "types are found over all rows; read it in a TypeScript cell by readJson, which takes a schema";

/** Whether the name of a table is that of a file: names of cells have no signs of paths. */
export function isFilePath({ table_name: name, schema_name: schema }: SqlNode): boolean {
  return (
    (typeof name === "string" && /[./\\:*]/.test(name)) ||
    // `FROM data.parquet`, without quotes
    (typeof schema === "string" && ENDINGS.some(([ending]) => ending.test(`.${name}`)))
  );
}

/** The file that stands in the place of a table. @throws {SqlError} HEX_CELL_INVALID */
export function findFileTable(node: SqlNode, text: SqlText): SqlFile {
  const start = Number(node["query_location"] ?? 0);
  const path = String(node["table_name"]);
  const schema = node["schema_name"];
  if (typeof schema === "string") {
    throw fileError(
      text,
      start,
      "a file in quotes",
      `${schema}.${path}`,
      `write '${schema}.${path}'`,
    );
  }
  checkPath(path, text, start);
  const reader = ENDINGS.find(([ending]) => ending.test(path))?.[1];
  if (reader === undefined) {
    throw fileError(text, start, "one whose ending tells how it is read", `'${path}'`, FILE_HINT);
  }
  const name = /([^/:]*?)(?:\.[^/]*)?$/.exec(path)?.[1] ?? "";
  const alias = node["alias"] === undefined ? name : undefined;
  const end = text.endOfPiece(start);
  return { paths: [path], reader, start, end, alias, call: undefined, csv: {} };
}

/** The files that a call of a table function reads; undefined for a function that reads none. */
export function findFileCall(node: SqlNode, text: SqlText): SqlFile | undefined {
  const call = toSqlNode(node["function"]);
  const name = String(call["function_name"]).toLowerCase();
  const start = Number(node["query_location"] ?? 0);
  const refused = REFUSED.get(name);
  if (refused !== undefined) {
    throw fileError(
      text,
      start,
      "read_parquet, read_csv, read_json or read_text",
      `${name}(…)`,
      refused,
    );
  }
  const reader = READERS.get(name);
  if (reader === undefined) return undefined;
  const [first, ...others] = toSqlNodes(call["children"]);
  const paths = toPaths(first);
  const end = text.endOfCall(start);
  if (paths === undefined || first === undefined) {
    const hint = `write ${name}('data/x.${reader}'), or a list of such texts`;
    throw fileError(text, start, `a call that names its files in place`, `${name}(…)`, hint);
  }
  for (const path of paths) checkPath(path, text, start);
  if (others.some(hasParameter)) {
    throw fileError(text, start, "a call whose options are written out", `${name}(…) with $…`);
  }
  const rest = text.slice(endOfArgument(first, text), end - 1);
  const alias = node["alias"] === undefined ? name : undefined;
  const options = toSqlOptions(others);
  const toError = (expected: string, got: string, hint: string) =>
    fileError(text, start, expected, got, hint);
  if (reader === "json" && options.size > 0) {
    throw toError("read_json without options", [...options.keys()].join(", "), JSON_HINT);
  }
  const csv = reader === "csv" ? readSqlCsvOptions(options, toError) : {};
  return { paths, reader, start, end, alias, call: { name, rest, options }, csv };
}

/** The byte after the first argument: a text, or a list of texts. */
function endOfArgument(argument: SqlNode, text: SqlText): number {
  const items = toSqlNodes(argument["children"]);
  const last = items.at(-1);
  const end = text.endOfPiece(Number((last ?? argument)["query_location"] ?? 0));
  if (last === undefined) return end;
  for (let at = end; ; ) {
    const next = text.endOfPiece(at);
    const piece = text.slice(at, next);
    if (piece === "]" || piece === ")" || next === at) return next;
    at = next;
  }
}

/** One text, or a list of texts. */
function toPaths(argument: SqlNode | undefined): readonly string[] | undefined {
  const value = argument && toSqlValue(argument);
  const paths: readonly unknown[] = Array.isArray(value) ? value : [value];
  return paths.length > 0 && paths.every(isText) ? paths : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function hasParameter(node: SqlNode): boolean {
  return JSON.stringify(node).includes('"VALUE_PARAMETER"');
}

/** @throws {SqlError} HEX_CELL_INVALID for what is no file of the project or its store */
function checkPath(path: string, text: SqlText, at: number): void {
  const [, key] = /^store:(.*)$/s.exec(path) ?? [];
  const fail = (expected: string, hint: string) => fileError(text, at, expected, `'${path}'`, hint);
  if (key !== undefined) {
    if (key !== "" && !/[*?[]/.test(key)) return;
    throw fail("one object of the store", "name each: read_parquet(['store:raw/a.parquet', …])");
  }
  if (/^[\w+.-]+:/.test(path)) {
    const hint =
      "a query reaches for no network; `fetch` it in a TypeScript cell, or put it into the store";
    throw fail("a file of the project or, as 'store:raw/x.parquet', of its store", hint);
  }
  if (/^[/\\~]/.test(path) || path.split(/[/\\]/).includes("..")) {
    const hint = "the path is that below the project's folder; a link in there leads elsewhere";
    throw fail("within the project's folder", hint);
  }
  if (!isLeftOut(path)) return;
  throw fail(
    "data of the project",
    "what lies in `.hex`, `node_modules`, `.venv`, `__pycache__` and `.git` is never data",
  );
}

function fileError(
  text: SqlText,
  at: number,
  expected: string,
  got: string,
  hint?: string,
): SqlError {
  const told = { place: "the file of the query", expected, got, ...(hint && { hint }) };
  const { message } = expectation("HEX_CELL_INVALID", told);
  return new SqlError("HEX_CELL_INVALID", message, { place: text.placeOf(at) });
}
