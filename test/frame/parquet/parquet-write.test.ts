import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, inject, test } from "vitest";
import { memorySource } from "../../../src/frame/csv/read/csv-blocks.ts";
import type { AnyFrame } from "../../../src/frame/frame.ts";
import { joinBytes } from "../../../src/frame/join-bytes.ts";
import { parquetBlocks } from "../../../src/frame/parquet/parquet-write.ts";
import { readParquet } from "../../../src/frame/parquet/read-parquet.ts";
import { writeParquet } from "../../../src/frame/parquet/write-parquet.ts";
import { frame } from "../../../src/frame/rows.ts";
import { anyFrame } from "../any-frame.ts";
import { assertSameFrame } from "../assert-frame.ts";
import { everyTypeFrame } from "../every-type.ts";
import { tryCases } from "../try-cases.ts";
import { withFolder } from "../with-folder.ts";

const SCRIPT = fileURLToPath(new URL("read_file.py", import.meta.url));
const CASES = 150;

const bytesOf = (written: AnyFrame) => joinBytes([...parquetBlocks(written)]);
const readBytes = (bytes: Uint8Array) => readParquet(memorySource(bytes, "x.parquet"));

test(`${CASES} frames come back from Parquet`, async () => {
  const property = fc.asyncProperty(anyFrame, async (written) => {
    assertSameFrame(await readBytes(bytesOf(written)), written);
  });
  await tryCases("frames through Parquet", CASES, () => property);
});

test("a frame of several groups of rows comes back, with texts that have a dictionary and that have none", async () => {
  const rows = Array.from({ length: 140_003 }, (_, row) => ({
    row,
    city: row % 3 === 0 ? null : `city ${row % 50}`,
    note: `note ${row}`,
    at: row % 7 === 0 ? null : new Date(row * 1000),
  }));
  const written = frame(rows);
  const read = await readBytes(bytesOf(written));
  expect(read.schema).toEqual(written.schema);
  // One comparison of texts: the test runner's own takes seconds for so many values.
  const textOf = (each: AnyFrame) => each.columns().map(({ data }) => JSON.stringify([...data]));
  expect(textOf(read).join() === textOf(written).join()).toBe(true);
});

/** What Python's types are called, by each reader. */
const TYPES = {
  pyarrow: [
    "string",
    "double",
    "int64",
    "int64",
    "bool",
    "date32[day]",
    "timestamp[us]",
    "timestamp[us, tz=UTC]",
  ],
  pandas: [
    "str",
    "float64",
    "Int64",
    "Int64",
    "bool",
    "object",
    "datetime64[us]",
    "datetime64[us, UTC]",
  ],
  polars: [
    "String",
    "Float64",
    "Int64",
    "Int64",
    "Boolean",
    "Date",
    "Datetime(time_unit='us', time_zone=None)",
    "Datetime(time_unit='us', time_zone='UTC')",
  ],
  duckdb: [
    "VARCHAR",
    "DOUBLE",
    "BIGINT",
    "BIGINT",
    "BOOLEAN",
    "DATE",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
  ],
};

describe("what writeParquet writes", () => {
  test("is read with the same types by pandas, polars, pyarrow and DuckDB, full and empty", (context) =>
    withFolder(async (folder) => {
      const python = inject("python");
      if (python === null) return context.skip("there is no Python with the packages");
      const full = everyTypeFrame();
      for (const written of [full, full.filter(() => false)]) {
        const path = `${folder}/${written.numRows}.parquet`;
        await writeParquet(written, path);
        const seen: unknown = JSON.parse(execFileSync(python, [SCRIPT, path]).toString());
        const big = full.column("bigint").map((value) => (value === null ? null : String(value)));
        const bigint = written.numRows === 0 ? [] : big;
        const told = Object.entries(TYPES).map(([reader, types]) => [reader, { types, bigint }]);
        expect(seen).toEqual(Object.fromEntries(told));
      }
    }));

  test("replaces what is there", () =>
    withFolder(async (folder) => {
      const path = `${folder}/x.parquet`;
      await writeFile(path, "old");
      await writeParquet(frame([{ a: 1 }]), path);
      expect((await readParquet(path)).rows()).toEqual([{ a: 1 }]);
    }));
});

describe("a Parquet file that is none, or damaged", () => {
  test.each([
    ["nothing", "", "Expected x.parquet to be a Parquet file, got an empty file"],
    [
      "a text",
      "a,b\n1,2\n",
      "Expected x.parquet to be a Parquet file, got one that does not end as such",
    ],
    ["an encrypted file", "PARE----PARE", "got an encrypted one (write it without encryption)"],
  ])("is told for %s", async (_, text, message) => {
    await expect(readBytes(Buffer.from(text))).rejects.toThrow(message);
  });

  test("is told for a path where nothing is", async () => {
    await expect(readParquet("/nowhere.parquet")).rejects.toThrow(
      "Expected a Parquet file at /nowhere.parquet, got none that can be read",
    );
  });

  test("is never anything but an expected error, wherever bytes are changed or cut", async () => {
    const whole = bytesOf(everyTypeFrame());
    const property = fc.asyncProperty(
      fc.nat({ max: whole.length - 1 }),
      fc.nat({ max: 255 }),
      fc.boolean(),
      async (at, byte, isCut) => {
        const bytes = isCut ? whole.slice(0, at) : whole.slice();
        if (!isCut) bytes[at] = byte;
        await readBytes(bytes).catch((error: unknown) => {
          expect(error).toMatchObject({ name: "HexError", code: "HEX_DATA_INVALID" });
        });
      },
    );
    await tryCases("damaged Parquet", 300, () => property);
  });

  test("ends, too, where the header of a page lacks its lengths or has some below zero", async () => {
    const whole = bytesOf(frame([{ a: 1.5 }, { a: null }]));
    // The header of the only page lies behind the first four bytes; the footer is before the last eight.
    for (let at = 4; at < whole.length - 8; at++) {
      for (const byte of [0x00, 0x05, 0x18, 0x55, 0x85, 0xff]) {
        const bytes = whole.slice();
        bytes[at] = byte;
        await readBytes(bytes).catch((error: unknown) => {
          expect(error).toMatchObject({ name: "HexError", code: "HEX_DATA_INVALID" });
        });
      }
    }
  });
});

test("an unknown column is told with those that are there", async () => {
  const source = memorySource(bytesOf(frame([{ a: 1, b: 2 }])), "x.parquet");
  const columns = await readParquet(source, { columns: ["b"] });
  expect(columns.rows()).toEqual([{ b: 2 }]);
  await expect(readParquet(source, { columns: ["c"] })).rejects.toThrow(
    'Expected x.parquet to be a Parquet file with the column "c", got one of a, b',
  );
});

test("the file that was written is the same for the same frame", () =>
  withFolder(async (folder) => {
    for (const name of ["a", "b"]) await writeParquet(everyTypeFrame(), `${folder}/${name}`);
    expect(await readFile(`${folder}/a`)).toEqual(await readFile(`${folder}/b`));
  }));
