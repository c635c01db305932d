import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileSource } from "../../src/frame/csv/read/csv-blocks.ts";
import { readOwnCsv } from "../../src/frame/csv/read/csv-own.ts";
import { csvBlocks, frameToCsv } from "../../src/frame/csv/write/csv-write.ts";
import { saveBlocks } from "../../src/frame/file-blocks.ts";
import { anyFrame } from "./any-frame.ts";
import { assertSameFrame } from "./assert-frame.ts";
import { FrameKinds } from "./frame-kinds.ts";
import { CASES, TIMEOUT_MS, tryCases } from "./try-cases.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hex-round-trip-"));
});

afterAll(async () => {
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
      const { sha256, sizeBytes } = await saveBlocks(path, csvBlocks(written));
      const bytes = await readFile(path);
      const hash = createHash("sha256").update(bytes).digest("hex");
      expect([sha256, sizeBytes]).toEqual([hash, bytes.length]);
      expect(bytes.equals(frameToCsv(written))).toBe(true);
      assertSameFrame(await readOwnCsv(fileSource(path), written.schema), written);
    });
  await tryCases("frames through a CSV file", CASES, inLane);
  kinds.expectAll();
});
