import { expect, test } from "vitest";
import { frameToJson, headRows } from "../../src/frame/json.ts";
import { frame } from "../../src/frame/rows.ts";
import { everyTypeFrame } from "./every-type.ts";

test("tells every type in JSON without losing it", () => {
  const [first, second, third] = headRows(everyTypeFrame(), 3);
  expect(first).toMatchObject({
    number: "-0",
    bigint: "-9223372036854775808",
    instant: "1969-12-31T23:59:59.999Z",
    date: "0001-01-01",
  });
  expect(Object.values(second ?? {})).toEqual(Array(8).fill(null));
  expect(third).toMatchObject({ number: "NaN", boolean: false, string: "" });
});

test("gives no more rows than asked for, from the frame's own order", () => {
  const numbers = frame([3, 1, 2].map((n) => ({ n }))).orderby("n");
  expect(headRows(numbers, 2)).toEqual([{ n: 1 }, { n: 2 }]);
  expect(headRows(numbers, 9)).toHaveLength(3);
});

test("gives a frame as its schema and rows", () => {
  expect(frameToJson(frame([{ n: Infinity }]))).toEqual({
    schema: [{ name: "n", type: "number" }],
    rows: [{ n: "INF" }],
  });
});
