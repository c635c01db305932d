import { expectation, HexError, toMessage } from "../../errors.ts";
import { type AnyFrame, type Frame, toFrameOf } from "../frame.ts";
import type { Value } from "../schema.ts";
import {
  type Connection,
  type ListParameter,
  quoteName,
  readRows,
  runWithParameters,
  type ScalarParameter,
  withDuckdb,
} from "./duckdb.ts";
import { readColumns } from "./duckdb-read.ts";
import { describeTable } from "./duckdb-types.ts";
import { createTable } from "./duckdb-write.ts";

/** The table that a query's result is kept in while it is read. */
const RESULT = "hex result";

/**
 * Runs one SELECT over frames, which are the tables of their names.
 * @throws {HexError} HEX_CELL_INVALID when it is not one SELECT; HEX_CELL_FAILED, with what DuckDB
 * says, when it fails
 */
export function queryFrames(
  sql: string,
  frames: Readonly<Record<string, AnyFrame>>,
  parameters: Readonly<Record<string, Value | readonly Value[]>>,
): Promise<Frame> {
  return withDuckdb(async (connection) => {
    const references = await findReferences(connection, sql);
    const used = Object.entries(parameters).filter(([name]) =>
      references.parameters.includes(name),
    );
    try {
      for (const [name, frame] of Object.entries(frames)) {
        checkCase(name, frame);
        await createTable(connection, name, frame.columns());
      }
      await connection.run("SET lock_configuration = true");
      const create = `CREATE TEMP TABLE ${quoteName(RESULT)} AS ${withoutEnd(sql)}`;
      await runWithParameters(connection, create, Object.fromEntries(used.map(toParameter)));
      const sources = await describeTable(connection, RESULT);
      return toFrameOf(await readColumns(connection, RESULT, sources));
    } catch (cause) {
      if (cause instanceof HexError && cause.code === "HEX_CELL_FAILED") throw cause;
      throw new HexError("HEX_CELL_FAILED", explain(firstLine(cause)), { cause });
    }
  });
}

/**
 * The tables and parameters that SQL names, without running it.
 * @throws {HexError} HEX_CELL_INVALID when it is not one SELECT
 */
export function readSqlReferences(sql: string): Promise<SqlReferences> {
  return withDuckdb((connection) => findReferences(connection, sql));
}

/** SQL takes names that differ by case alone for one. */
function checkCase(table: string, { columnNames }: AnyFrame): void {
  const seen = new Map<string, string>();
  for (const name of columnNames) {
    const folded = name.toLowerCase();
    const other = seen.get(folded);
    seen.set(folded, name);
    if (other === undefined) continue;
    throw expectation("HEX_CELL_FAILED", {
      place: `the columns of table ${table}`,
      expected: "of names that differ by more than case, as SQL has them",
      got: `${JSON.stringify(other)} and ${JSON.stringify(name)}`,
      hint: "rename or select in a cell before the query",
    });
  }
}

function toParameter([name, value]: [string, Value | readonly Value[]]): [
  string,
  ScalarParameter | ListParameter,
] {
  return [name, isList(value) ? { items: value } : value];
}

function isList(value: Value | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value);
}

function withoutEnd(sql: string): string {
  return sql.replace(/(?<![;\s])[;\s]+$/, "");
}

function firstLine(cause: unknown): string {
  return toMessage(cause).split("\n")[0] ?? "";
}

/** Aggregates of DuckDB that give an error where verbs and other tools give NaN. */
const OUT_OF_RANGE = /^Out of Range Error: (\w+) is out of range!/;

function explain(message: string): string {
  const [, name] = OUT_OF_RANGE.exec(message) ?? [];
  if (name === undefined) return message;
  const hint = `of numbers that are, ask for ${name.toLowerCase()}(v) FILTER (WHERE isfinite(v))`;
  return `Expected the numbers of ${name} to be finite, got NaN or an infinity, or a result beyond all numbers (${hint})`;
}

/** The names in an SQL cell: tables that are not its own, and `$name` parameters. */
export interface SqlReferences {
  readonly tables: string[];
  readonly parameters: string[];
}

type SyntaxNode = Readonly<Record<string, unknown>>;

/**
 * The tables and parameters that SQL names, by DuckDB's own syntax tree; nothing is run.
 * @throws {HexError} HEX_CELL_INVALID when it is not one SELECT
 */
async function findReferences(connection: Connection, sql: string): Promise<SqlReferences> {
  const statement = await parseSelect(connection, sql);
  const tables = new Set<string>();
  const parameters = new Set<string>();
  collect(statement, new Set(), { tables, parameters });
  const numbered = [...parameters].find((name) => /^\d+$/.test(name));
  if (numbered !== undefined) {
    throw invalidSql("its parameters named as in $method", `? or $${numbered}`);
  }
  return { tables: [...tables].sort(), parameters: [...parameters].sort() };
}

async function parseSelect(connection: Connection, sql: string): Promise<SyntaxNode> {
  const serialize = "SELECT json_serialize_sql($1::VARCHAR, skip_null := true, skip_empty := true)";
  const [[text] = []] = await readRows(connection, serialize, [sql]);
  const parsed: unknown = JSON.parse(String(text));
  if (!isNode(parsed) || parsed["error"] !== false) {
    const reason = isNode(parsed) ? String(parsed["error_message"]) : "nothing";
    throw invalidSql("one SELECT", reason);
  }
  const statements = Array.isArray(parsed["statements"]) ? parsed["statements"] : [];
  const [statement]: unknown[] = statements;
  if (statements.length === 1 && isNode(statement)) return statement;
  throw invalidSql("one SELECT", `${statements.length} statements`);
}

interface Found {
  readonly tables: Set<string>;
  readonly parameters: Set<string>;
}

/** Walks the syntax tree; `own` are the names that WITH gives to tables of the query itself. */
function collect(node: unknown, own: ReadonlySet<string>, found: Found): void {
  if (Array.isArray(node)) for (const item of node) collect(item, own, found);
  if (!isNode(node)) return;
  if (node["type"] === "VALUE_PARAMETER") found.parameters.add(String(node["identifier"]));
  const table = node["table_name"];
  if (node["type"] === "BASE_TABLE" && typeof table === "string") {
    if (!own.has(table.toLowerCase())) found.tables.add(table);
  }
  const inner = collectWith(node["cte_map"], own, found);
  for (const [key, child] of Object.entries(node)) {
    if (key !== "cte_map") collect(child, inner, found);
  }
}

/** Walks what WITH names, each seeing those before it, and gives the names for what follows. */
function collectWith(map: unknown, own: ReadonlySet<string>, found: Found): ReadonlySet<string> {
  const entries: unknown = isNode(map) ? map["map"] : undefined;
  if (!Array.isArray(entries)) return own;
  let names = own;
  for (const entry of entries) {
    if (!isNode(entry)) continue;
    const withName = new Set([...names, String(entry["key"]).toLowerCase()]);
    const isRecursive = JSON.stringify(entry["value"]).includes('"RECURSIVE_CTE_NODE"');
    collect(entry["value"], isRecursive ? withName : names, found);
    names = withName;
  }
  return names;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalidSql(expected: string, got: string): HexError {
  return new HexError("HEX_CELL_INVALID", `Expected the SQL to be ${expected}, got ${got}`);
}
