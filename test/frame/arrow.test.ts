import { tableFromArrays, tableToIPC } from "@uwdata/flechette";
import { expect, test } from "vitest";
import { openOwnArrow } from "../../src/frame/arrow/arrow-file.ts";
import { frameToArrow } from "../../src/frame/arrow/arrow-write.ts";
import { frameFromArrow } from "../../src/frame/arrow/read-arrow.ts";
import type { AnyFrame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import { everyTypeFrame } from "./every-type.ts";

const roundTrip = (frame: AnyFrame) => openOwnArrow(frameToArrow(frame), frame.schema);

test("reads back every type as it was written", async () => {
  const written = everyTypeFrame();
  const read = await roundTrip(written);
  expect(read.schema).toEqual(written.schema);
  expect(read.rows()).toEqual(written.rows());
});

test("reads back a frame without rows, and one of missing values only", async () => {
  expect((await roundTrip(everyTypeFrame().head(0))).numColumns).toBe(8);
  const missing = everyTypeFrame().slice(1, 2);
  expect((await roundTrip(missing)).rows()).toEqual(missing.rows());
});

test("keeps only the rows of a filtered frame, in their order", async () => {
  const numbers = frame([3, 1, 2].map((n) => ({ n, even: n % 2 === 0, text: `t${n}` })));
  const written = numbers.filter((row) => !row.even).orderby("n");
  expect((await roundTrip(written)).rows()).toEqual([
    { n: 1, even: false, text: "t1" },
    { n: 3, even: false, text: "t3" },
  ]);
});

test("reads bytes that start anywhere in memory", async () => {
  const bytes = frameToArrow(everyTypeFrame());
  const shifted = new Uint8Array(bytes.length + 3).subarray(3);
  shifted.set(bytes);
  const read = await openOwnArrow(shifted, everyTypeFrame().schema);
  expect(read.rows()).toEqual(everyTypeFrame().rows());
});

test("reads memory that is shared between threads", async () => {
  const bytes = frameToArrow(everyTypeFrame());
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const read = await openOwnArrow(shared, everyTypeFrame().schema);
  expect(read.rows()).toEqual(everyTypeFrame().rows());
});

test("reads the file form that other tools write as well", async () => {
  const bytes = tableToIPC(tableFromArrays({ a: Float64Array.of(1, 2) }), { format: "file" });
  const read = await openOwnArrow(bytes ?? new Uint8Array(), [{ name: "a", type: "number" }]);
  expect(read.column("a")).toEqual([1, 2]);
});

test.each([
  ["another type", [{ name: "a", type: "string" }], /column "a"/],
  ["another name", [{ name: "b", type: "integer" }], /of the columns b, got a/],
  [
    "more columns",
    [
      { name: "a", type: "integer" },
      { name: "b", type: "integer" },
    ],
    /columns a, b/,
  ],
] as const)("refuses a schema that says %s", async (_, schema, message) => {
  const bytes = frameToArrow(frame([{ a: 1 }]));
  const expected = { code: "HEX_DATA_INVALID", message: expect.stringMatching(message) };
  await expect(openOwnArrow(bytes, schema)).rejects.toThrow(expect.objectContaining(expected));
});

test("refuses bytes that are cut off", async () => {
  const bytes = frameToArrow(everyTypeFrame());
  const cut = openOwnArrow(bytes.slice(0, bytes.length / 2), everyTypeFrame().schema);
  await expect(cut).rejects.toThrow(expect.objectContaining({ code: "HEX_DATA_INVALID" }));
});

test("finds the types in the bytes themselves when no schema is given", async () => {
  const written = frame([{ text: "a", n: 1, x: 0.5, big: 2n ** 60n, yes: true, at: new Date(0) }]);
  const read = await frameFromArrow(frameToArrow(written));
  expect(read.schema).toEqual(written.schema);
  expect(read.rows()).toEqual(written.rows());
});
