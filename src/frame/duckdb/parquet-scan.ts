/** How DuckDB is told to read Parquet, so that no value, row or column changes or is left out. */
import { relative, sep } from "node:path";
import { expectation } from "../../errors.ts";
import { type Connection, quoteName, quoteText, readRows } from "./duckdb.ts";
import type { SqlFile } from "./sql-file.ts";

/** Folders that names of files are told below. */
interface ScanFolders {
  readonly directory: string;
  readonly folder: string;
}

/**
 * The SQL that stands for files in the place of a table. Three things that DuckDB does are kept from
 * happening: it takes the columns of the first file for those of all, rounding and dropping what others
 * have; it makes numbers and days of the texts in names of folders (`region=007`); and it goes by the
 * least and greatest value of a column, of which NaN is none, so that filters and `max` miss it.
 *
 * @throws {HexError} HEX_DATA_INVALID when the files do not have the same columns
 */
export async function toParquetScan(
  connection: Connection,
  { call, alias }: SqlFile,
  paths: readonly string[],
  folders: ScanFolders,
): Promise<string> {
  const { name = "read_parquet", rest = "", options = NO_OPTIONS } = call ?? {};
  await checkColumns(connection, paths, folders, options.get("union_by_name") === true);
  const list = `[${paths.map(quoteText).join(", ")}]`;
  const own = [...toPartitions(options, paths, folders), ...toNan(options)];
  const scan = `${name}(${[list, ...own].join(", ")}${rest})`;
  const named = alias === undefined ? "" : ` AS ${quoteName(alias)}`;
  return `(SELECT ${toColumnList(options, folders)} FROM ${scan})${named}`;
}

const NO_OPTIONS: ReadonlyMap<string, unknown> = new Map();

/** Names of folders such as `region=007` are texts, and those above the project's no columns. */
function toPartitions(
  options: ReadonlyMap<string, unknown>,
  paths: readonly string[],
  folders: ScanFolders,
): readonly string[] {
  const isPartitioned = paths.some((path) => /[^/]=[^/]*\//.test(toName(path, folders)));
  const isTold = options.has("hive_partitioning") || options.has("hive_types");
  if (!isPartitioned && !isTold) return ["hive_partitioning = false"];
  const areTypesTold = options.has("hive_types") || options.has("hive_types_autocast");
  return areTypesTold ? [] : ["hive_types_autocast = false"];
}

function toNan(options: ReadonlyMap<string, unknown>): readonly string[] {
  return options.has("can_have_nan") ? [] : ["can_have_nan = true"];
}

/** All columns; the name of its file, where it is one, is told as the query has it. */
function toColumnList(options: ReadonlyMap<string, unknown>, folders: ScanFolders): string {
  const told = options.get("filename");
  if (told !== true && typeof told !== "string") return "*";
  return withFileName(told === true ? "filename" : told, folders);
}

/** All columns, of which one is the name of the file: below the project's folder, or as `store:…`. */
export function withFileName(name: string, { directory, folder }: ScanFolders): string {
  const column = quoteName(name);
  const sql = [directory, folder].reduce(
    (text, each) => `replace(${text}, ${quoteText(`${each}${sep}`)}, '')`,
    column,
  );
  return `* REPLACE (${sql} AS ${column})`;
}

/** Rows of the schemas of files: the columns, and below them the parts of lists and structs. */
interface SchemaRow {
  readonly name: string;
  readonly type: string;
  readonly children: number;
}

async function checkColumns(
  connection: Connection,
  paths: readonly string[],
  folders: ScanFolders,
  isUnited: boolean,
): Promise<void> {
  const list = `[${paths.map(quoteText).join(", ")}]`;
  const rows = await readRows(
    connection,
    `SELECT file_name, name, coalesce(duckdb_type, 'nested'), num_children
     FROM parquet_schema(${list})`,
  );
  const schemas = new Map<string, SchemaRow[]>();
  for (const [file, name, type, children] of rows) {
    const schema = schemas.get(String(file)) ?? [];
    schemas.set(String(file), schema);
    schema.push({ name: String(name), type: String(type), children: Number(children ?? 0) });
  }
  let first: { readonly file: string; readonly columns: ReadonlyMap<string, string> } | undefined;
  for (const [path, schema] of schemas) {
    const file = toName(path, folders);
    const columns = toColumns(schema, file);
    first ??= { file, columns };
    refuseOther(first, { file, columns }, isUnited);
  }
}

/** The columns of a file, each with the types of all of its parts. */
function toColumns([, ...rows]: readonly SchemaRow[], file: string): ReadonlyMap<string, string> {
  const columns = new Map<string, string>();
  const folded = new Map<string, string>();
  for (let at = 0; at < rows.length; ) {
    const { name = "" } = rows[at] ?? {};
    const end = endOfColumn(rows, at);
    const other = folded.get(name.toLowerCase());
    if (other !== undefined) {
      throw expectation("HEX_DATA_INVALID", {
        place: `the columns of ${file}`,
        expected: "of names that differ by more than case, as SQL has them",
        got: `${JSON.stringify(other)} and ${JSON.stringify(name)}`,
        hint: "write the file with other names",
      });
    }
    folded.set(name.toLowerCase(), name);
    const parts = rows.slice(at, end).map(({ name: part, type }, index) => [index && part, type]);
    columns.set(name, JSON.stringify(parts));
    at = end;
  }
  return columns;
}

function endOfColumn(rows: readonly SchemaRow[], at: number): number {
  let end = at + 1;
  for (let child = 0; child < (rows[at]?.children ?? 0); child++) end = endOfColumn(rows, end);
  return end;
}

interface FileColumns {
  readonly file: string;
  readonly columns: ReadonlyMap<string, string>;
}

function refuseOther(first: FileColumns, other: FileColumns, isUnited: boolean): void {
  for (const name of new Set([...first.columns.keys(), ...other.columns.keys()])) {
    const lacking = [first, other].find(({ columns }) => !columns.has(name));
    const isSame = first.columns.get(name) === other.columns.get(name);
    if (isSame || (lacking !== undefined && isUnited)) continue;
    throw expectation("HEX_DATA_INVALID", {
      place: `column ${JSON.stringify(name)} of ${first.file} and ${other.file}`,
      expected: "of one type in all files",
      ...(lacking === undefined ? TWO_TYPES : toLacking(lacking)),
    });
  }
}

const TWO_TYPES = {
  got: "two types",
  hint: "read them apart, cast the column, and join them by UNION ALL",
};

function toLacking({ file }: FileColumns) {
  const hint = "the option union_by_name = true of read_parquet gives missing values for it";
  return { got: `none in ${file}`, hint };
}

/** A file as the query names it. */
function toName(path: string, { directory, folder }: ScanFolders): string {
  const root = path.startsWith(`${folder}${sep}`) ? folder : directory;
  return relative(root, path).split(sep).join("/");
}
