import type { JSX } from "preact";
import type { Schema } from "../../../../frame/schema.ts";
import { saveFile } from "../save-file.ts";
import { csvText } from "./csv-text.ts";
import type { TableRows } from "./use-table-rows.ts";

interface DownloadCsvProps {
  readonly name: string;
  readonly columns: Schema;
  readonly table: TableRows;
  /** where the server has them all; undefined to write the file here */
  readonly url: string | undefined;
}

/** The rows that a table shows, all of them, as a file. */
export function DownloadCsv({ name, columns, table, url }: DownloadCsvProps): JSX.Element {
  const label = `Download the rows of ${name} as CSV`;
  if (url !== undefined) {
    return (
      <a class="tool" href={url} download aria-label={label}>
        CSV
      </a>
    );
  }
  async function save(): Promise<void> {
    const { source, order, blocks } = table;
    const span = { ...order, offset: 0, limit: Math.max(1, blocks.rows) };
    const { head } = await source.read(span, new AbortController().signal);
    saveFile(`${name}.csv`, new Blob([csvText(columns, head)], { type: "text/csv" }));
  }
  return (
    <button type="button" class="tool" aria-label={label} onClick={() => void save()}>
      CSV
    </button>
  );
}
