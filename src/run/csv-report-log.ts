import { type CsvReport, csvListener, reasons } from "../frame/csv/read/csv-report.ts";

/** Limits of what is kept with a cell's result. */
const MOST_REPORTS = 20;
const MOST_COLUMNS = 1_000;
const MOST_NOTES = 100;
/** Columns listed in one line, and lines of one kind in a log. */
const MOST_LISTED = 20;
const MOST_LINES = 10;

/** Logs and keeps what was decided about the CSV files that one cell reads. */
export class CsvReportLog {
  readonly #reports: CsvReport[] = [];
  readonly #log: (line: string) => void;

  /** @param log gets a line at once for each decision that is worth one */
  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** The part of a cell's result that says which CSV files it has read. */
  get result(): { readonly csv?: readonly CsvReport[] } {
    return this.#reports.length === 0 ? {} : { csv: this.#reports };
  }

  readonly add = (report: CsvReport): void => {
    for (const line of toCsvLines(report)) this.#log(line);
    if (this.#reports.length < MOST_REPORTS) this.#reports.push(toKept(report));
  };

  /** Adds every CSV that is read within a call. */
  around<T>(call: () => T): T {
    return csvListener.run(this.add, call);
  }
}

/**
 * Decisions about a CSV as lines of a log: all plain ones in one line, then each that an author may
 * not expect.
 */
function toCsvLines(report: CsvReport): readonly string[] {
  const { name, rows, columns, notes } = report;
  const size = `${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}`;
  return [
    `${name} read as ${toColumnList(columns)}; ${size}`,
    ...atMost(reasons(report), "columns"),
    ...atMost(notes, "notes"),
  ];
}

function toColumnList(columns: CsvReport["columns"]): string {
  if (columns.length <= MOST_LISTED) {
    return columns.map(({ name, type }) => `${name} ${type}`).join(", ");
  }
  const counts = new Map<string, number>();
  for (const { type } of columns) counts.set(type, (counts.get(type) ?? 0) + 1);
  const each = [...counts].map(([type, count]) => `${count.toLocaleString("en")} ${type}`);
  return `${columns.length.toLocaleString("en")} columns: ${each.join(", ")}`;
}

function atMost(lines: readonly string[], what: string): readonly string[] {
  if (lines.length <= MOST_LINES) return lines;
  const more = lines.length - MOST_LINES;
  return [
    ...lines.slice(0, MOST_LINES),
    `${more} more ${what} are in the run's result (\`hex run --json\`)`,
  ];
}

function toKept(report: CsvReport): CsvReport {
  const { columns, notes } = report;
  const left = columns.length - MOST_COLUMNS;
  const cut = left > 0 ? [`${left} more columns are not listed here`] : [];
  return {
    ...report,
    columns: columns.slice(0, MOST_COLUMNS),
    notes: [...notes.slice(0, MOST_NOTES), ...cut],
  };
}
