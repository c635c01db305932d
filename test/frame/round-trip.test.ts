import fc from "fast-check";
import { expect, test } from "vitest";
import { openOwnArrow } from "../../src/frame/arrow/arrow-file.ts";
import { frameToArrow } from "../../src/frame/arrow/arrow-write.ts";
import type { FrameColumn } from "../../src/frame/column/column-data.ts";
import { parseOwnCsv } from "../../src/frame/csv/read/csv-own.ts";
import { frameToCsv } from "../../src/frame/csv/write/csv-write.ts";
import { queryFrames } from "../../src/frame/duckdb/sql.ts";
import { type Frame, toFrameOf } from "../../src/frame/frame.ts";
import type { Schema } from "../../src/frame/schema.ts";
import { anyFrame } from "./any-frame.ts";
import { assertSameFrame } from "./assert-frame.ts";
import { FrameKinds } from "./frame-kinds.ts";
import { CASES, TIMEOUT_MS, tryCases } from "./try-cases.ts";

test(`${CASES} frames come back from Arrow`, { timeout: TIMEOUT_MS }, async () => {
  const kinds = new FrameKinds();
  const property = fc.asyncProperty(anyFrame, async (written) => {
    kinds.add(written);
    assertSameFrame(await openOwnArrow(frameToArrow(written), written.schema), written);
  });
  await tryCases("frames through Arrow", CASES, () => property);
  kinds.expectAll();
});

test(`${CASES / 20} frames come back from the bytes of a CSV, and from SQL`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const property = fc.asyncProperty(anyFrame, async (written) => {
    const bytes = frameToCsv(written);
    assertSameFrame(await parseOwnCsv(bytes, written.schema), written);
    const columns = columnsForSql(written);
    fc.pre(columns.length > 0);
    const plain = toFrameOf(columns);
    assertSameFrame(await queryFrames("SELECT * FROM plain", { plain }, {}), plain);
  });
  await tryCases("frames through the bytes of a CSV and SQL", CASES / 20, () => property);
});

test(`${CASES} CSVs, whole or damaged, are judged alike wherever their blocks end`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const kinds = new FrameKinds();
  const property = fc.asyncProperty(
    anyFrame,
    fc.option(anyDamage),
    fc.integer({ min: 1, max: 300 }),
    async (written, damage, blockBytes) => {
      kinds.add(written);
      const bytes = damaged(frameToCsv(written), damage);
      const whole = await judge(written.schema, bytes, bytes.length + 1);
      expect(await judge(written.schema, bytes, blockBytes)).toBe(whole);
      if (damage === null) expect(whole).toMatch(`${written.numRows} rows`);
    },
  );
  await tryCases("CSVs read in blocks", CASES, () => property);
  kinds.expectAll();
});

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
  return Buffer.concat([bytes.subarray(0, at), Uint8Array.from(middle), bytes.subarray(rest)]);
}

/** What reading so many bytes at a time says, up to what it saw there: that is as much as its block shows. */
async function judge(schema: Schema, bytes: Uint8Array, blockBytes: number): Promise<string> {
  try {
    const read = await parseOwnCsv(bytes, schema, { blockBytes });
    return `${read.numRows} rows: ${Buffer.from(frameToCsv(read)).toString("hex")}`;
  } catch (error) {
    expect(error).toMatchObject({ code: "HEX_DATA_INVALID" });
    return String(error).replace(/, got "[\s\S]*/, ", got text");
  }
}
