import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";
import { describe, expect, inject, test } from "vitest";
import { fileSource } from "../../src/frame/csv/read/csv-blocks.ts";
import { readForeignCsv } from "../../src/frame/csv/read/foreign-csv.ts";
import { frameToCsv } from "../../src/frame/csv/write/csv-write.ts";
import { quoteText, readRows, withDuckdb } from "../../src/frame/duckdb/duckdb.ts";
import { frame } from "../../src/frame/rows.ts";
import { everyTypeFrame } from "./every-type.ts";
import { withFolder } from "./with-folder.ts";

const SPECTRUM = dirname(createRequire(import.meta.url).resolve("csv-spectrum/package.json"));

describe("csv-spectrum", () => {
  const names = readdirSync(`${SPECTRUM}/csvs`).map((name) => name.replace(/\.csv$/, ""));

  test("has its 12 files", () => expect(names).toHaveLength(12));

  test.each(names)("is read as its JSON: %s", async (name) => {
    const { frame: read } = await readForeignCsv(fileSource(join(SPECTRUM, "csvs", `${name}.csv`)));
    const expected: object | object[] = JSON.parse(
      readFileSync(`${SPECTRUM}/json/${name}.json`, "utf8"),
    );
    // A field that is empty is missing here.
    const texts = read.rows().map((row) => {
      return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, textOf(value)]));
    });
    expect(texts).toEqual([expected].flat().map(corrected));
  });

  function textOf(value: unknown): string {
    return value === null ? "" : String(value);
  }

  /** Its JSON has another number than its CSV in one place. */
  function corrected(row: object): object {
    const phone = "Contact Phone Number";
    return phone in row ? { ...row, [phone]: "2095257564" } : row;
  }
});

/** The fields of our CSV as every reader of CSV has to find them: without types, missing is empty. */
const EXPECTED = [
  ["string", "number", "integer", "bigint", "boolean", "date", "datetime", "instant"],
  ...everyTypeFrame()
    .rows()
    .map((row) => Object.entries(row).map(([type, value]) => fieldOf(type, value))),
];

function fieldOf(type: string, value: unknown): string {
  if (value === null) return "";
  if (value instanceof Date) return value.toISOString();
  if (Object.is(value, -0)) return "-0";
  // One of the times has milliseconds, so all are written with them.
  if (type === "datetime") return String(value).padEnd("YYYY-MM-DDTHH:MM:SS.sss".length, ".000");
  return String(value).replace("Infinity", "inf");
}

describe("our CSV", () => {
  const bytes = frameToCsv(everyTypeFrame());

  test("is read alike by csv-parse", () => {
    expect(parse(Buffer.from(bytes))).toEqual(EXPECTED);
  });

  test("tells missing from empty by quotes in csv-parse", () => {
    const written = frame([
      { a: 1, b: "" },
      { a: null, b: null },
    ]);
    const cast = (text: string, { quoting }: { quoting: boolean }) =>
      text || quoting ? text : null;
    expect(parse(Buffer.from(frameToCsv(written)), { cast })).toEqual([
      ["a", "b"],
      ["1", ""],
      [null, null],
    ]);
  });

  test("is read alike by DuckDB with all as text and the dialect told", () =>
    withFolder(async (folder) => {
      await writeFile(`${folder}/ours.csv`, bytes);
      const columns = EXPECTED[0]?.map((name) => `'${name}': 'VARCHAR'`).join(", ");
      const dialect = `auto_detect = false, header = true, delim = ',', quote = '"', escape = '"'`;
      const rows = await withDuckdb((connection) =>
        readRows(
          connection,
          `SELECT encode(COLUMNS(*)) FROM read_csv(${quoteText(`${folder}/ours.csv`)}, ${dialect}, new_line = '\\n', columns = {${columns}}, nullstr = '<none>')`,
        ),
      );
      expect(rows.map((row) => row.map(blobText))).toEqual(EXPECTED.slice(1));
    }));

  test.for(["csv", "pandas"])("is read alike by Python's %s", (reader, { skip }) =>
    withFolder(async (folder) => {
      const python = inject("python");
      if (python === null) skip("there is no Python with the packages");
      await writeFile(`${folder}/ours.csv`, bytes);
      const script = fileURLToPath(new URL("read-csv.py", import.meta.url));
      const json = execFileSync(python ?? "", [script, reader, `${folder}/ours.csv`]);
      expect(JSON.parse(json.toString())).toEqual(EXPECTED);
    }),
  );
});

/** The bytes of a text: the binding's own decoder drops a U+FEFF that a text begins with. */
function blobText(value: unknown): string {
  const isBlob = typeof value === "object" && value !== null && "bytes" in value;
  const bytes = isBlob && value.bytes instanceof Uint8Array ? value.bytes : new Uint8Array(0);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
