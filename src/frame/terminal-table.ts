import { type AnyFrame, Frame } from "./frame.ts";
import { headRows, type JsonRow, type JsonScalar } from "./json.ts";
import type { ColumnType, Schema } from "./schema.ts";

/** The head of a frame, as runs tell of it. */
export interface TerminalTable {
  readonly columns: Schema;
  /** how many rows the frame has */
  readonly rows: number;
  readonly head: readonly JsonRow[];
}

export interface RenderTableOptions {
  /** how many rows are shown; the rest is counted */
  readonly maxRows?: number;
}

const MAX_WIDTH = 40;
const MISSING = "·";

/**
 * The first rows as a table for a terminal: numbers to the right, missing as a dot, long texts
 * shortened. Control characters are shown escaped, so that data cannot steer the terminal; the
 * table itself has no colours.
 */
export async function renderTable(
  source: AnyFrame | TerminalTable,
  { maxRows = 20 }: RenderTableOptions = {},
): Promise<string> {
  const { default: CliTable } = await import("cli-table3");
  const { columns, rows, head } = toTableHead(source, maxRows);
  const table = new CliTable({
    head: columns.map(({ name }) => toCell(name)),
    colAligns: columns.map(({ type }) => (isNumeric(type) ? "right" : "left")),
    style: { head: [], border: [], compact: true },
  });
  const shown = head.slice(0, maxRows);
  for (const row of shown) table.push(columns.map(({ name }) => toCell(row[name] ?? null)));
  const more = rows - shown.length;
  const rest = `… ${more.toLocaleString("en-GB")} more row${more === 1 ? "" : "s"}`;
  return more > 0 ? `${table.toString()}\n${rest}` : table.toString();
}

function toTableHead(source: AnyFrame | TerminalTable, maxRows: number): TerminalTable {
  if (!isFrame(source)) return source;
  return { columns: source.schema, rows: source.numRows, head: headRows(source, maxRows) };
}

function isFrame(source: AnyFrame | TerminalTable): source is AnyFrame {
  return source instanceof Frame;
}

function isNumeric(type: ColumnType): boolean {
  return type === "number" || type === "integer" || type === "bigint";
}

function toCell(value: JsonScalar): string {
  if (value === null) return MISSING;
  const text = String(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeCharacter);
  const characters = [...text];
  if (characters.length <= MAX_WIDTH) return text;
  return `${characters.slice(0, MAX_WIDTH - 1).join("")}…`;
}

function escapeCharacter(character: string): string {
  const known: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  const code = character.codePointAt(0) ?? 0;
  return known[character] ?? `\\u{${code.toString(16)}}`;
}
