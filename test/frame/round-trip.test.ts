import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { frameFromArrow, frameToArrow } from "../../src/frame/arrow.ts";
import type { FrameColumn } from "../../src/frame/column/column-data.ts";
import { frameFromCsv, frameToCsv } from "../../src/frame/csv.ts";
import { readCsvFile, writeCsvFile } from "../../src/frame/csv-file.ts";
import { CSV_LIMITS } from "../../src/frame/csv-limits.ts";
import { CsvScan } from "../../src/frame/csv-scan.ts";
import { type Database, openDatabase } from "../../src/frame/duckdb/duckdb.ts";
import { type AnyFrame, type Frame, toFrameOf } from "../../src/frame/frame.ts";
import type { Schema } from "../../src/frame/schema.ts";
import { queryFrames } from "../../src/frame/sql.ts";
import { toSha256 } from "../../src/store/published-frame.ts";
import { anyFrame, CASES } from "./any-frame.ts";

/** Generous for each case on a busy machine; a case takes about a tenth of it. */
const TIMEOUT_MS = 60_000 + CASES * 100;

let database: Database;
let folder: string;

beforeAll(async () => {
  database = await openDatabase();
  folder = await mkdtemp(join(tmpdir(), "hex-round-trip-"));
});

afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

test(`${CASES} frames come back from a CSV file, which has the bytes and the hash that are told`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const path = join(folder, "frame.csv");
  const property = fc.asyncProperty(anyFrame, async (written) => {
    const { sha256, sizeBytes } = await writeCsvFile(written, path);
    const bytes = await readFile(path);
    expect([sha256, sizeBytes]).toEqual([toSha256(bytes), bytes.length]);
    expect(bytes.equals(frameToCsv(written))).toBe(true);
    expectSame(await readCsvFile(path, written.schema, {}, { database }), written);
  });
  await fc.assert(property, { numRuns: CASES });
});

test(`${CASES} frames come back from Arrow`, { timeout: TIMEOUT_MS }, () => {
  const property = fc.property(anyFrame, (written) => {
    expectSame(frameFromArrow(frameToArrow(written), written.schema), written);
  });
  fc.assert(property, { numRuns: CASES });
});

test(`${CASES / 20} frames come back from the bytes of a CSV, and from SQL`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const property = fc.asyncProperty(anyFrame, async (written) => {
    expectSame(await frameFromCsv(frameToCsv(written), written.schema), written);
    const columns = columnsForSql(written);
    fc.pre(columns.length > 0);
    const plain = toFrameOf(columns);
    expectSame(await queryFrames("SELECT * FROM plain", { plain }, {}), plain);
  });
  await fc.assert(property, { numRuns: CASES / 20 });
});

test(`${CASES} CSVs, whole or damaged, are judged alike wherever their blocks end`, {
  timeout: TIMEOUT_MS,
}, () => {
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
  const property = fc.property(anyFrame, fc.option(anyDamage), cuts, (written, damage, places) => {
    const bytes = damaged(frameToCsv(written), damage);
    const whole = judge(written.schema, [bytes]);
    expect(judge(written.schema, cut(bytes, places))).toBe(whole);
    if (bytes.length < 500) expect(judge(written.schema, cut(bytes, EVERYWHERE))).toBe(whole);
    if (damage === null) expect(whole).toMatch(`${written.numRows} rows`);
  });
  fc.assert(property, { numRuns: CASES });
});

function expectSame(read: AnyFrame & Iterable<unknown>, written: Frame): void {
  const isSame =
    isDeepStrictEqual(read.schema, written.schema) && isDeepStrictEqual([...read], [...written]);
  // The comparison of the test runner, which can show the difference, takes many times as long.
  if (!isSame) expect([read.schema, [...read]]).toEqual([written.schema, [...written]]);
  expect(isSame).toBe(true);
}

/**
 * SQL has no name with a NUL, takes names for the same that differ in case only, and gives whole
 * numbers as integers where all of a column are within 2^53.
 */
function columnsForSql(frame: Frame): FrameColumn[] {
  const columns = frame.columns().filter(({ type }) => type !== "bigint");
  return columns.map((column, index) => ({ ...column, name: `c ${index}` }));
}

interface Damage {
  readonly at: number;
  readonly byte: number;
  readonly kind: "set" | "insert" | "cut off";
}

const anyDamage = fc.record<Damage>({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  byte: fc.oneof(fc.constantFrom(10, 13, 34, 44, 0, 0xff, 0xc3, 0xed, 78), fc.nat({ max: 255 })),
  kind: fc.constantFrom("set", "insert", "cut off"),
});

function damaged(bytes: Uint8Array, damage: Damage | null): Uint8Array {
  if (damage === null) return bytes;
  const at = Math.floor(damage.at * bytes.length);
  const rest = { set: at + 1, insert: at, "cut off": bytes.length }[damage.kind];
  const middle = damage.kind === "cut off" ? [] : [damage.byte];
  return Uint8Array.from([...bytes.subarray(0, at), ...middle, ...bytes.subarray(rest)]);
}

const EVERYWHERE = Array.from({ length: 500 }, (_, place) => place / 500);

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = places.map((place) => Math.round(place * bytes.length)).sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}

/** What a scan of the blocks says, up to what it saw there: that is as much as its block shows. */
function judge(schema: Schema, blocks: readonly Uint8Array[]): string {
  const scan = new CsvScan(schema, CSV_LIMITS);
  try {
    for (const block of blocks) scan.push(block);
    const { rows, longest } = scan.end();
    return `${rows} rows, the longest of ${longest} bytes`;
  } catch (error) {
    expect(error).toMatchObject({ code: "HEX_DATA_INVALID" });
    return String(error).replace(/, got "[\s\S]*/, ", got text");
  }
}
