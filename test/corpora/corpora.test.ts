import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, inject, test } from "vitest";
import { fileSource } from "../../src/frame/csv/read/csv-blocks.ts";
import { type ForeignCsv, readForeignCsv } from "../../src/frame/csv/read/foreign-csv.ts";
import { isSameValue, textsOf } from "../frame/csv-truth.ts";
import { csvFiles, openCorpus } from "./corpora.ts";

/** `npm run test:corpora`: the collections are fetched, and a Python with pandas and DuckDB is there. */
const isAsked = process.env["HEX_TEST_CORPORA"] === "all";
const TIMEOUT_MS = 600_000;

type Read = { readonly path: string } & (
  | { readonly csv: ForeignCsv; readonly message?: undefined }
  | { readonly csv?: undefined; readonly message: string }
);

async function readAll(paths: readonly string[]): Promise<Read[]> {
  const read: Read[] = [];
  for (const path of paths) {
    read.push(
      await readForeignCsv(fileSource(path)).then(
        (csv) => ({ path, csv }),
        ({ code, message }) => ({ path, message: `${code}: ${message}` }),
      ),
    );
  }
  return read;
}

describe.runIf(isAsked)("DuckDB's test files", { timeout: TIMEOUT_MS }, async () => {
  const folder = isAsked ? openCorpus("duckdb") : "";
  const files = isAsked ? await readAll(csvFiles(folder)) : [];
  const short = (path: string) => relative(folder, path);

  test("each is read or refused in words that name a reason", () => {
    const refused = files.flatMap(({ message }) => message ?? []);
    const reasons = countBy(refused.map(reasonOf));
    console.log(`${files.length} files: ${files.length - refused.length} read, refused:`, reasons);
    expect(refused.filter((message) => !/^HEX_(DATA|FRAME)_INVALID: /.test(message))).toEqual([]);
    expect(Object.keys(reasons)).not.toContain("other");
  });

  test("none ends as one column of text though its rows have separators", () => {
    const one = files.filter(({ path, csv }) => csv && isOneText(csv) && hasSeparators(path, csv));
    expect(one.map(({ path }) => short(path))).toEqual([]);
  });

  test("what pandas and DuckDB read as texts is what is read here", () => {
    // Those that were made to break readers are read by ours alone.
    const tried = files.filter(({ path }) => !/afl|fuzz/.test(path));
    const compared = compareAll(tried);
    for (const [reader, verdicts] of Object.entries(compared)) {
      console.log(reader, countBy(verdicts.map(({ verdict }) => verdict.replace(/:.*/s, ""))));
    }
    const other = compared.pandas.filter(({ path, verdict }) => {
      const isEqual = compared.duckdb.some((one) => one.path === path && one.verdict === "equal");
      return !isEqual && /^(values|shape)/.test(verdict);
    });
    console.log(other.map(({ path, verdict }) => `${short(path)}: ${verdict}`).join("\n"));
    expect(other.filter(({ verdict }) => verdict.startsWith("values"))).toEqual([]);
  });
});

describe.runIf(isAsked)("the test files of CSV on the Web", { timeout: TIMEOUT_MS }, () => {
  interface Entry {
    readonly id: string;
    readonly action: string;
    readonly result?: string;
    readonly implicit?: unknown;
    readonly option: { readonly metadata?: string };
  }
  interface Result {
    readonly tables: readonly { readonly row: readonly { describes: readonly object[] }[] }[];
  }

  test("those without metadata are read as their JSON", async () => {
    const folder = openCorpus("csvw");
    const json = (path: string) => JSON.parse(readFileSync(join(folder, path), "utf8"));
    const entries: Entry[] = json("manifest-json.jsonld").entries;
    const plain = entries.filter(
      ({ action, implicit, option }) =>
        action.endsWith(".csv") && implicit === undefined && option.metadata === undefined,
    );
    for (const { id, action, result = "" } of plain) {
      const { frame } = await readForeignCsv(fileSource(join(folder, action)));
      const found: Result | object[] = json(result);
      const expected = Array.isArray(found)
        ? found
        : found.tables.flatMap(({ row }) => row.flatMap(({ describes }) => describes));
      const columns = frame.columns().map((column) => ({ ...column, texts: textsOf(column) }));
      const isSame = expected.every((row, index) =>
        Object.entries(row).every(([name, value]) => {
          const column = columns.find((one) => one.name === name);
          return column && isSameValue(column.type, column.texts[index] ?? null, String(value));
        }),
      );
      expect([id, frame.numRows, isSame]).toEqual([id, expected.length, true]);
    }
    console.log(`${plain.length} files of CSV on the Web are read as their JSON`);
  });

  test("all others are read, or refused in words that name a reason", async () => {
    const files = await readAll(csvFiles(openCorpus("csvw")));
    const refused = files.flatMap(({ message }) => message ?? []);
    const reasons = countBy(refused.map(reasonOf));
    console.log(`${files.length} files: ${files.length - refused.length} read, refused:`, reasons);
    expect(Object.keys(reasons)).not.toContain("other");
  });
});

function reasonOf(message: string): string {
  const reasons: readonly (readonly [string, RegExp])[] = [
    ["the encoding", /to be text in UTF-8, got/],
    ["the width of a row", /to be of [\d,]+ fields?, as the header, got/],
    ["an open quote", /to be a quoted field that ends, got/],
    ["text after a quote", /to be a quoted field with a delimiter or the end of the line after/],
    ["an empty file", /to be a CSV file with at least a header, got/],
  ];
  return reasons.find(([, pattern]) => pattern.test(message))?.[0] ?? "other";
}

function countBy(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}

function isOneText({ frame }: ForeignCsv): boolean {
  return frame.numColumns === 1 && frame.schema[0]?.type === "string" && frame.numRows > 0;
}

/** Whether at least half of the rows have a separator outside of quotes, as many as the others. */
function hasSeparators(path: string, { frame }: ForeignCsv): boolean {
  if (/\.(gz|zst)$/.test(path)) return false;
  const lines = readFileSync(path, "utf8").split(/\r\n|\r|\n/);
  const bare = lines.map((line) => line.replace(/"[^"]*"/g, "")).filter((line) => line !== "");
  return [",", ";", "\t", "|"].some((sign) => {
    const counts = bare.map((line) => line.split(sign).length - 1);
    return counts.filter((count) => count > 0).length * 2 >= frame.numRows;
  });
}

interface Table {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
type Answer = Table | { readonly error: string };
interface Verdict {
  readonly path: string;
  readonly verdict: string;
}

/** Asks the other readers for the files that are read here, and holds theirs against ours. */
function compareAll(files: readonly Read[]): Record<"pandas" | "duckdb", Verdict[]> {
  const read = files.flatMap(({ path, csv }) => (csv === undefined ? [] : [{ path, csv }]));
  const asked = read.map(({ path, csv }) => {
    const utf16 = csv.report.notes.some((note) => note.includes("utf-16"));
    const encoding = utf16 ? "utf-16" : "utf-8";
    const isAlone = csv.frame.numColumns === 1;
    return JSON.stringify({ path, encoding, isAlone, delimiter: delimiterOf(path, csv) });
  });
  const script = fileURLToPath(new URL("read-texts.py", import.meta.url));
  const input = `${asked.join("\n")}\n`;
  const output = execFileSync(inject("python") ?? "python3", [script], {
    input,
    maxBuffer: 2 ** 30,
  });
  const answers = output.toString().trimEnd().split("\n");
  const compared: Record<"pandas" | "duckdb", Verdict[]> = { pandas: [], duckdb: [] };
  for (const [index, { path, csv }] of read.entries()) {
    const answer: Record<"pandas" | "duckdb", Answer> = JSON.parse(answers[index] ?? "");
    compared.pandas.push({ path, verdict: compare(csv, answer.pandas) });
    compared.duckdb.push({ path, verdict: compare(csv, answer.duckdb) });
  }
  return compared;
}

/** The separator that makes as many names as there are columns. */
function delimiterOf(path: string, { frame, report }: ForeignCsv): string {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  const header = text.split(/[\r\n]/).find((line) => line !== "") ?? "";
  const dropped = report.notes.some((note) => note.includes("index of pandas")) ? 1 : 0;
  const bare = header.replace(/"[^"]*"/g, "");
  const width = frame.numColumns + dropped;
  return [",", ";", "\t", "|"].find((sign) => bare.split(sign).length === width) ?? ",";
}

function compare({ frame, report }: ForeignCsv, answer: Answer): string {
  if ("error" in answer) return `refused by it: ${answer.error}`;
  const dropped = report.notes.some((note) => note.includes("index of pandas")) ? 1 : 0;
  const width = frame.numColumns + dropped;
  if (answer.names.length !== width || answer.rows.length !== frame.numRows) {
    const [theirs, ours] = [
      `${answer.rows.length} × ${answer.names.length}`,
      `${frame.numRows} × ${width}`,
    ];
    return `shape: ${theirs} there, ${ours} here`;
  }
  for (const [index, column] of frame.columns().entries()) {
    const texts = textsOf(column);
    const row = texts.findIndex((text, at) => {
      return !isSameValue(column.type, text, answer.rows[at]?.[index + dropped] ?? "");
    });
    if (row === -1) continue;
    const theirs = JSON.stringify(answer.rows[row]?.[index + dropped]);
    return `values: ${column.name}, row ${row + 1}: ${theirs} there, ${JSON.stringify(texts[row])} here`;
  }
  return "equal";
}
