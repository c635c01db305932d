import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { frameToCsv } from "../../src/frame/csv/csv.ts";
import { readCsvFile, writeCsvFile } from "../../src/frame/csv/csv-file.ts";
import { type Database, openDatabase } from "../../src/frame/duckdb/duckdb.ts";
import { anyFrame } from "./any-frame.ts";
import { assertSameFrame } from "./assert-frame.ts";
import { FrameKinds } from "./frame-kinds.ts";
import { CASES, TIMEOUT_MS, tryCases } from "./try-cases.ts";

let database: Database;
let folder: string;

beforeAll(async () => {
  database = await openDatabase();
  // More threads than one only wait for each other where files are this small.
  await database.use((connection) => connection.run("SET threads = 1"));
  folder = await mkdtemp(join(tmpdir(), "hex-round-trip-"));
});

afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

test(`${CASES} frames come back from a CSV file, which has the bytes and the hash that are told`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const kinds = new FrameKinds();
  const inLane = (lane: number) =>
    fc.asyncProperty(anyFrame, async (written) => {
      kinds.add(written);
      const path = join(folder, `${lane}.csv`);
      const { sha256, sizeBytes } = await writeCsvFile(written, path);
      const bytes = await readFile(path);
      const hash = createHash("sha256").update(bytes).digest("hex");
      expect([sha256, sizeBytes]).toEqual([hash, bytes.length]);
      expect(bytes.equals(frameToCsv(written))).toBe(true);
      assertSameFrame(await readCsvFile(path, written.schema, {}, { database }), written);
    });
  await tryCases("frames through a CSV file", CASES, inLane);
  kinds.expectAll();
});
