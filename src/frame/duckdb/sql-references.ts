import { HexError } from "../../errors.ts";
import { type Connection, readRows } from "./duckdb.ts";

/** What an SQL cell names: tables that are not its own, and `$name` parameters. */
export interface SqlReferences {
  readonly tables: string[];
  readonly parameters: string[];
}

type SyntaxNode = Readonly<Record<string, unknown>>;

/**
 * The tables and parameters that SQL names, by DuckDB's own syntax tree; nothing is run.
 * @throws {HexError} HEX_CELL_INVALID when it is not one SELECT
 */
export async function findReferences(connection: Connection, sql: string): Promise<SqlReferences> {
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
