import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { dateText } from "../../../src/frame/column/moment.ts";
import type { AnyFrame } from "../../../src/frame/frame.ts";
import type { ReadParquetOptions } from "../../../src/frame/parquet/parquet-options.ts";
import { readParquet } from "../../../src/frame/parquet/read-parquet.ts";
import type { Value } from "../../../src/frame/schema.ts";

/** What a file was written with: types and values by column, or why it is refused. */
interface ToldFile {
  readonly columns: Readonly<Record<string, readonly [string, readonly unknown[]]>>;
  readonly options: ReadParquetOptions;
  readonly refused: string | null;
  readonly notes: readonly string[];
}

const SCRIPT = fileURLToPath(new URL("write_files.py", import.meta.url));

describe("Parquet files of pandas, polars, pyarrow and DuckDB", () => {
  const python = inject("python");
  const folder = mkdtempSync(join(tmpdir(), "hex-parquet-"));
  const files = new Map<string, ToldFile>();
  const read = (name: string, options?: ReadParquetOptions) => {
    return readParquet(join(folder, `${name}.parquet`), options);
  };

  beforeAll(() => {
    if (python === null) return;
    const output = execFileSync(python, [SCRIPT, folder], { stdio: "pipe" }).toString();
    const told: Readonly<Record<string, ToldFile>> = JSON.parse(output);
    for (const [name, file] of Object.entries(told)) files.set(name, file);
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  test("are read exactly, each of them", async ({ skip }) => {
    if (python === null) skip("there is no Python with the packages");
    for (const [name, { columns, options, refused, notes }] of files) {
      if (refused !== null) continue;
      const told: string[] = [];
      const report = {
        report: ({ notes: all }: { notes: readonly string[] }) => told.push(...all),
      };
      const frame = await read(name, { ...options, ...report });
      expect([name, frame.schema]).toEqual([name, schemaOf(columns)]);
      expect([name, valuesOf(frame)]).toEqual([name, valuesTold(columns)]);
      expect([name, told]).toEqual([name, notes]);
    }
    expect(files.size).toBeGreaterThanOrEqual(20);
  });

  test("are refused where a frame has no such type, naming column, type and cure", async ({
    skip,
  }) => {
    if (python === null) skip("there is no Python with the packages");
    for (const [name, { options, refused }] of files) {
      if (refused !== null)
        await expect(read(name, options), name).rejects.toThrow(new RegExp(refused));
    }
  });
});

function schemaOf(columns: ToldFile["columns"]) {
  return Object.entries(columns).map(([name, [type]]) => ({ name, type }));
}

function valuesTold(columns: ToldFile["columns"]) {
  return Object.entries(columns).map(([name, [, values]]) => [name, values]);
}

/** The values as the script tells them: numbers and bigints as Python writes them. */
function valuesOf(frame: AnyFrame) {
  return frame.columns().map(({ name, type, data }) => {
    return [name, Array.from(data, (value) => toTold(value ?? null, type))];
  });
}

function toTold(value: Value, type: string): unknown {
  if (value instanceof Date) return dateText(value).replace(/\.000Z$/, "Z");
  if (typeof value === "bigint") return String(value);
  return typeof value === "number" && type === "number" ? pythonText(value) : value;
}

/** A float as Python writes it. */
function pythonText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
