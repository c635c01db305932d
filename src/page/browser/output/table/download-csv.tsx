import type { JSX } from "preact";
import type { Schema } from "../../../../frame/schema.ts";
import { REPLACED } from "../rows-source.ts";
import { saveFile } from "../save-file.ts";
import { csvText } from "./csv-text.ts";
import type { TableRows } from "./use-table-rows.ts";

interface DownloadCsvProps {
  readonly name: string;
  readonly columns: Schema;
  readonly table: TableRows;
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

/** A browser tells nobody that a file could not be had: so it is made sure that it can be. */
async function download({ readyCsvUrl, tellFailure }: TableRows): Promise<void> {
  try {
    const address = await readyCsvUrl?.();
    if (address === undefined) throw new Error(REPLACED);
    const link = document.createElement("a");
    link.href = address;
    link.download = "";
    link.click();
  } catch (error) {
    tellFailure(error instanceof Error ? error.message : String(error));
  }
}
