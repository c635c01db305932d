import { tableFromArrays, tableToIPC } from "@uwdata/flechette";
import { expect, test } from "vitest";
import { frameFromArrow, frameToArrow } from "../../src/frame/arrow.ts";
import type { AnyFrame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import { everyTypeFrame } from "./every-type.ts";

const roundTrip = (frame: AnyFrame) => frameFromArrow(frameToArrow(frame), frame.schema);

test("reads back every type as it was written", () => {
  const written = everyTypeFrame();
  const read = roundTrip(written);
  expect(read.schema).toEqual(written.schema);
  expect(read.rows()).toEqual(written.rows());
});

test("reads back a frame without rows, and one of missing values only", () => {
  expect(roundTrip(everyTypeFrame().head(0)).numColumns).toBe(8);
  const missing = everyTypeFrame().slice(1, 2);
  expect(roundTrip(missing).rows()).toEqual(missing.rows());
});

test("keeps only the rows of a filtered frame, in their order", () => {
  const numbers = frame([3, 1, 2].map((n) => ({ n, even: n % 2 === 0, text: `t${n}` })));
  const written = numbers.filter((row) => !row.even).orderby("n");
  expect(roundTrip(written).rows()).toEqual([
    { n: 1, even: false, text: "t1" },
    { n: 3, even: false, text: "t3" },
  ]);
});

test("reads bytes that start anywhere in memory", () => {
  const bytes = frameToArrow(everyTypeFrame());
  const shifted = new Uint8Array(bytes.length + 3).subarray(3);
  shifted.set(bytes);
  expect(frameFromArrow(shifted, everyTypeFrame().schema).rows()).toEqual(everyTypeFrame().rows());
});

test("reads memory that is shared between threads", () => {
  const bytes = frameToArrow(everyTypeFrame());
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  expect(frameFromArrow(shared, everyTypeFrame().schema).rows()).toEqual(everyTypeFrame().rows());
});

test("reads the file form that other tools write as well", () => {
  const bytes = tableToIPC(tableFromArrays({ a: Float64Array.of(1, 2) }), { format: "file" });
  const read = frameFromArrow(bytes ?? new Uint8Array(), [{ name: "a", type: "number" }]);
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
] as const)("refuses a schema that says %s", (_, schema, message) => {
  const bytes = frameToArrow(frame([{ a: 1 }]));
  const expected = { code: "HEX_DATA_INVALID", message: expect.stringMatching(message) };
  expect(() => frameFromArrow(bytes, schema)).toThrow(expect.objectContaining(expected));
});

test("refuses bytes that are cut off", () => {
  const bytes = frameToArrow(everyTypeFrame());
  const cut = () => frameFromArrow(bytes.slice(0, bytes.length / 2), everyTypeFrame().schema);
  expect(cut).toThrow(expect.objectContaining({ code: "HEX_DATA_INVALID" }));
});

test("finds the types in the bytes themselves when no schema is given", () => {
  const written = frame([{ text: "a", n: 1, x: 0.5, big: 2n ** 60n, yes: true, at: new Date(0) }]);
  const read = frameFromArrow(frameToArrow(written));
  expect(read.schema).toEqual(written.schema);
  expect(read.rows()).toEqual(written.rows());
});

test("refuses Arrow types that it has no column type for, naming the column", () => {
  const bytes = tableToIPC(tableFromArrays({ small: new Int8Array([1]) }), { format: "stream" });
  expect(() => frameFromArrow(bytes ?? new Uint8Array(0))).toThrow(
    'Expected column "small" of the Arrow file to be text, 64-bit floats',
  );
});
