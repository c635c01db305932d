import type { Selection } from "hightable";
import type { JSX } from "preact";
import type { JsonRow } from "../../../../frame/json.ts";
import type { Schema } from "../../../../frame/schema.ts";
import { formatCount } from "../../../../text.ts";
import { REPLACED, type RowsSource, type RowsSpan } from "../rows-source.ts";
import { saveFile } from "../save-file.ts";
import { csvText, tsvText } from "./rows-text.ts";
import type { GridRows } from "./use-table-rows.ts";

interface DownloadCsvProps {
  readonly name: string;
  readonly columns: Schema;
  readonly table: GridRows;
}

/** The rows that a table shows, all of them, as a file. */
export function DownloadCsv({ name, columns, table }: DownloadCsvProps): JSX.Element {
  const { csvUrl } = table;
  const label = `Download the rows of ${name} as CSV`;
  if (csvUrl !== undefined) {
    return (
      <a
        class="tool"
        href={csvUrl}
        download
        aria-label={label}
        onClick={(event) => {
          if (table.readyCsvUrl === undefined) return;
          event.preventDefault();
          void download(table);
        }}
      >
        CSV
      </a>
    );
  }
  async function save(): Promise<void> {
    const { source, order, blocks } = table;
    const span = { ...order, offset: 0, limit: Math.max(1, blocks.rows) };
    const { head } = (await source.read(span, new AbortController().signal)) ?? { head: [] };
    saveFile(`${name}.csv`, new Blob([csvText(columns, head)], { type: "text/csv" }));
  }
  return (
    <button type="button" class="tool" aria-label={label} onClick={() => void save()}>
      CSV
    </button>
  );
}

/** A browser reports no failed download: so it is made sure first that the file is there. */
async function download({ readyCsvUrl, reportFailure }: GridRows): Promise<void> {
  try {
    const address = await readyCsvUrl?.();
    if (address === undefined) throw new Error(REPLACED);
    const link = document.createElement("a");
    link.href = address;
    link.download = "";
    link.click();
  } catch (error) {
    reportFailure(error instanceof Error ? error.message : String(error));
  }
}

/** More would be a file, and there is one. */
const MOST_ROWS = 10_000;

const READ_ROWS = 1000;

/** The chosen rows of a table, or all that it shows, for the clipboard. */
export async function copiedRows(
  { source, order, blocks }: GridRows,
  columns: Schema,
  { ranges }: Selection,
): Promise<{ text: string; said: string }> {
  const wanted = ranges.length > 0 ? ranges : [{ start: 0, end: blocks.rows }];
  const all = wanted.reduce((sum, { start, end }) => sum + end - start, 0);
  const rows: JsonRow[] = [];
  for (const { start, end } of wanted) {
    for (let offset = start; offset < end && rows.length < MOST_ROWS; ) {
      const limit = Math.min(READ_ROWS, end - offset, MOST_ROWS - rows.length);
      const head = await readHead(source, { ...order, offset, limit });
      rows.push(...head);
      if (head.length === 0) break;
      offset += head.length;
    }
  }
  const isAll = rows.length >= all;
  const said = isAll ? "" : ` of ${formatCount(all, "row")}: download the CSV for all of them`;
  return {
    text: tsvText(columns, rows, true),
    said: isAll
      ? `Copied ${formatCount(rows.length, "row")}`
      : `Copied the first ${rows.length}${said}`,
  };
}

/** @throws {Error} a sentence for the viewer */
async function readHead(source: RowsSource, span: RowsSpan): Promise<readonly JsonRow[]> {
  const answer = await source.read(span, new AbortController().signal);
  if (answer === undefined) throw new Error(REPLACED);
  return answer.head;
}

/** The chosen rows that are at hand, for a copy that cannot wait; undefined when none is chosen. */
export function chosenText(
  { blocks }: GridRows,
  columns: Schema,
  { ranges }: Selection,
): string | undefined {
  if (ranges.length === 0) return undefined;
  const rows = ranges.flatMap(({ start, end }) =>
    Array.from({ length: end - start }, (_, index) => blocks.at(start + index) ?? {}),
  );
  return tsvText(columns, rows, false);
}
