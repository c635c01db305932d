/** The names in a query, by DuckDB's own syntax tree; nothing is run. */
import { type Connection, readRows } from "./duckdb.ts";
import { findFileCall, findFileTable, isFilePath, type SqlFile } from "./sql-file.ts";
import { isSqlNode, type SqlNode } from "./sql-node.ts";
import { SqlError, SqlText } from "./sql-text.ts";

/** The names in an SQL cell: tables that are not its own, `$name` parameters, and files. */
export interface SqlReferences {
  readonly tables: readonly string[];
  readonly parameters: readonly string[];
  /** as the query writes them: below the project's folder, or the store's after `store:` */
  readonly files?: readonly string[];
  /** whether some of them are read by readers that tell what they decided */
  readonly readsCsv?: boolean;
}

/** The names in a query, with where files are named. */
export interface FoundReferences {
  readonly tables: readonly string[];
  readonly parameters: readonly string[];
  readonly files: readonly SqlFile[];
}

interface Found {
  readonly text: SqlText;
  /** names of tables that are handed over, in lower case: none of them is a file */
  readonly known: ReadonlySet<string>;
  readonly tables: Set<string>;
  readonly parameters: Set<string>;
  readonly files: SqlFile[];
}

/**
 * The tables, parameters and files that SQL names.
 * @throws {SqlError} HEX_CELL_INVALID when it is not one SELECT, or names a file that it may not read
 */
export async function findReferences(
  connection: Connection,
  sql: string,
  known: readonly string[] = [],
): Promise<FoundReferences> {
  const text = new SqlText(sql);
  const statement = await parseSelect(connection, sql, text);
  const found: Found = {
    text,
    known: new Set(known.map((name) => name.toLowerCase())),
    tables: new Set(),
    parameters: new Set(),
    files: [],
  };
  collect(statement, new Set(), found);
  const parameters = [...found.parameters].sort();
  const numbered = parameters.find((name) => /^\d+$/.test(name));
  if (numbered !== undefined) {
    throw invalidSql("its parameters named as in $method", `? or $${numbered}`);
  }
  return { tables: [...found.tables].sort(), parameters, files: found.files };
}

/** DuckDB writes literals such as 1e400, of which no name is, in a way that is no JSON. */
const INFINITE = /"(?:[^"\\]|\\.)*"|-?\b(?:Infinity|NaN)\b/g;

async function parseSelect(connection: Connection, sql: string, text: SqlText): Promise<SqlNode> {
  const serialize = "SELECT json_serialize_sql($1::VARCHAR, skip_null := true, skip_empty := true)";
  const [[json] = []] = await readRows(connection, serialize, [sql]);
  const parsed: unknown = JSON.parse(
    String(json).replace(INFINITE, (piece) => (/^"/.test(piece) ? piece : "null")),
  );
  if (!isSqlNode(parsed) || parsed["error"] !== false) {
    const reason = isSqlNode(parsed) ? String(parsed["error_message"]) : "nothing";
    const at = isSqlNode(parsed) ? Number(parsed["position"] ?? Number.NaN) : Number.NaN;
    const place = Number.isInteger(at) ? text.placeOf(at) : undefined;
    throw invalidSql("one SELECT", reason, place);
  }
  const statements = Array.isArray(parsed["statements"]) ? parsed["statements"] : [];
  const [statement]: unknown[] = statements;
  if (statements.length === 1 && isSqlNode(statement)) return statement;
  throw invalidSql("one SELECT", `${statements.length} statements`);
}

/** Walks the syntax tree; `own` are the names that WITH gives to tables of the query itself. */
function collect(node: unknown, own: ReadonlySet<string>, found: Found): void {
  if (Array.isArray(node)) for (const item of node) collect(item, own, found);
  if (!isSqlNode(node)) return;
  if (node["type"] === "VALUE_PARAMETER") found.parameters.add(String(node["identifier"]));
  if (node["type"] === "BASE_TABLE") collectTable(node, own, found);
  if (node["type"] === "TABLE_FUNCTION") {
    const file = findFileCall(node, found.text);
    if (file !== undefined) found.files.push(file);
  }
  const inner = collectWith(node["cte_map"], own, found);
  for (const [key, child] of Object.entries(node)) {
    if (key !== "cte_map") collect(child, inner, found);
  }
}

function collectTable(node: SqlNode, own: ReadonlySet<string>, found: Found): void {
  const name = node["table_name"];
  if (typeof name !== "string" || own.has(name.toLowerCase())) return;
  if (found.known.has(name.toLowerCase()) || !isFilePath(node)) found.tables.add(name);
  else found.files.push(findFileTable(node, found.text));
}

/** Walks what WITH names, each seeing those before it, and gives the names for what follows. */
function collectWith(map: unknown, own: ReadonlySet<string>, found: Found): ReadonlySet<string> {
  const entries: unknown = isSqlNode(map) ? map["map"] : undefined;
  if (!Array.isArray(entries)) return own;
  let names = own;
  for (const entry of entries) {
    if (!isSqlNode(entry)) continue;
    const withName = new Set([...names, String(entry["key"]).toLowerCase()]);
    const isRecursive = JSON.stringify(entry["value"]).includes('"RECURSIVE_CTE_NODE"');
    collect(entry["value"], isRecursive ? withName : names, found);
    names = withName;
  }
  return names;
}

function invalidSql(expected: string, got: string, place?: SqlError["place"]): SqlError {
  const message = `Expected the SQL to be ${expected}, got ${got}`;
  return new SqlError("HEX_CELL_INVALID", message, { place });
}
