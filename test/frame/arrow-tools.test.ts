/** Arrow files of pandas, polars, pyarrow and DuckDB of today, and ours read by them. */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { arrowBlocks } from "../../src/frame/arrow/arrow-write.ts";
import { frameFromArrow, readArrow } from "../../src/frame/arrow/read-arrow.ts";
import type { AnyFrame } from "../../src/frame/frame.ts";
import { joinBytes } from "../../src/frame/join-bytes.ts";
import { frameToJson } from "../../src/frame/json.ts";
import { frame } from "../../src/frame/rows.ts";
import { EVERY_TYPE } from "./every-type.ts";

const RANDOM_TABLES = 500;
const SCRIPT = fileURLToPath(new URL("arrow-tables.py", import.meta.url));
const python = inject("python");
const seed = Math.floor(Math.random() * 2 ** 31);

/** All types are read: what is refused without an option is tried by name. */
const OPTIONS = { decimals: "text", nested: "json", binary: "hex", durations: "count" } as const;

const ROW = {
  ...{ string: "x", number: 0.5, integer: 3, bigint: 3n, boolean: true, date: "2024-01-31" },
  ...{ datetime: "2024-01-31T12:00:00", instant: new Date(0) },
};

interface Told {
  readonly columns?: readonly ToldColumn[];
  readonly refused?: string;
}

interface ToldColumn {
  readonly name: string;
  readonly type: string;
  readonly values: readonly unknown[];
}

let folder: string;
let told: Readonly<Record<string, Told>> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hex-arrow-"));
  if (python !== null) told = runPython("write", folder, String(RANDOM_TABLES), String(seed));
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

function runPython<T>(...argv: string[]): T {
  const options = { maxBuffer: 2 ** 28 };
  return JSON.parse(execFileSync(python ?? "", [SCRIPT, ...argv], options).toString());
}

function namesOf(isWanted: (name: string) => boolean): string[] {
  return Object.keys(told).filter(isWanted);
}

/** A frame as the program tells its own. */
function toTold(frame: AnyFrame): ToldColumn[] {
  const { schema, rows } = frameToJson(frame);
  return schema.map(({ name, type }) => ({ name, type, values: rows.map((row) => row[name]) }));
}

describe.skipIf(python === null)("with a Python that has the packages", () => {
  test("32 files of pandas, polars, pyarrow and DuckDB are read exactly or refused by name", async () => {
    const names = namesOf((name) => !name.startsWith("random-"));
    expect(names).toHaveLength(32);
    for (const name of names) {
      const { columns, refused } = told[name] ?? {};
      const path = `${folder}/${name}.arrow`;
      const outcome = await readArrow(path, OPTIONS).then(toTold, (error: Error) => error.message);
      if (refused === undefined) expect(outcome, name).toEqual(columns);
      else expect(outcome, name).toEqual(expect.stringContaining(refused));
    }
  });

  test(`${RANDOM_TABLES} random tables of pyarrow come here and go back`, async () => {
    const names = namesOf((name) => name.startsWith("random-"));
    expect(names).toHaveLength(RANDOM_TABLES);
    for (const name of names) {
      const frame = await readArrow(`${folder}/${name}.arrow`, OPTIONS);
      expect(toTold(frame), `${name} of seed ${seed}`).toEqual(told[name]?.columns);
      await writeFile(`${folder}/${name}.ours`, joinBytes(arrowBlocks(frame, "file")));
    }
    const back = runPython<Record<string, ToldColumn[]>>("check", folder, JSON.stringify(names));
    for (const name of names) {
      expect(back[name], `${name} of seed ${seed}, written`).toEqual(told[name]?.columns);
    }
  });

  test("files of them with bits flipped are opened or refused, and come to an end", async () => {
    for (const name of [
      "pandas texts",
      "pandas zstd",
      "polars rich",
      "polars lz4",
      "duckdb nested",
    ]) {
      const whole = await readFile(`${folder}/${name}.arrow`);
      const flip = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }));
      const property = fc.asyncProperty(
        fc.array(flip, { minLength: 1, maxLength: 3 }),
        async (flips) => {
          const bytes = new Uint8Array(whole);
          for (const [at, bits] of flips) bytes[at] = (bytes[at] ?? 0) ^ bits;
          const outcome = await frameFromArrow(bytes, OPTIONS).then(
            toTold,
            (error: unknown) => error,
          );
          if (outcome instanceof Error) expect(outcome).toMatchObject({ code: "HEX_DATA_INVALID" });
        },
      );
      await fc.assert(property, { numRuns: 200 });
    }
  });

  test("a file of ours has the same types full and empty, and four tools open it", async () => {
    const full = frame([ROW, {}, ROW], EVERY_TYPE);
    const paths = [full, full.head(0)].map((_, at) => `${folder}/every-${at}.arrow`);
    await writeFile(paths[0] ?? "", joinBytes(arrowBlocks(full, "file")));
    await writeFile(paths[1] ?? "", joinBytes(arrowBlocks(full.head(0), "file")));
    type Read = Record<string, [number, string[]]>;
    const [rows, none] = runPython<[Read, Read]>("readers", ...paths);
    const tools = Object.keys(rows);
    expect(tools).toEqual(["pyarrow", "pandas", "polars", "polars, scanned", "duckdb"]);
    for (const tool of tools) {
      expect([rows[tool]?.[0], none[tool]?.[0]], tool).toEqual([full.numRows, 0]);
      if (tool !== "pandas") expect(none[tool]?.[1], tool).toEqual(rows[tool]?.[1]);
    }
    expect(rows["pyarrow"]?.[1]).toEqual([
      "dictionary<values=string, indices=int32, ordered=0>",
      ...["double", "int64", "int64", "bool", "date32[day]", "timestamp[us]"],
      "timestamp[us, tz=UTC]",
    ]);
    expect(rows["duckdb"]?.[1]).toEqual([
      ...["VARCHAR", "DOUBLE", "BIGINT", "BIGINT", "BOOLEAN", "DATE", "TIMESTAMP"],
      "TIMESTAMP WITH TIME ZONE",
    ]);
  });
});
