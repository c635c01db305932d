import fc from "fast-check";
import { expect, test } from "vitest";
import type { Frame } from "../../src/frame/frame.ts";
import { frameToJson, headRows } from "../../src/frame/json.ts";
import { JsonRows } from "../../src/frame/json-rows.ts";
import { frame } from "../../src/frame/rows.ts";
import { anyFrame } from "./any-frame.ts";
import { everyTypeFrame } from "./every-type.ts";
import { CASES, TIMEOUT_MS, tryCases } from "./try-cases.ts";

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

function rowsAsText(of: Frame, start: number, end: number): string {
  const rows = headRows(of, of.numRows).slice(start, end);
  return rows.map((row) => JSON.stringify(row)).join(",");
}

test(`${CASES / 20} frames are written as the same text as their rows are`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const property = fc.asyncProperty(anyFrame, fc.nat(), fc.nat(), async (whole, one, other) => {
    const half = whole.filter(() => one % 2 === 0).concat(whole);
    for (const each of [whole, half, half.orderby(...whole.schema.slice(0, 1).map(nameOf))]) {
      const [start = 0, end = 0] = [one, other].map((at) => at % (each.numRows + 1)).sort(byNumber);
      expect(new JsonRows(each).text(start, end)).toBe(rowsAsText(each, start, end));
    }
  });
  await tryCases("frames as JSON", CASES / 20, () => property);
});

test("writes names that objects treat apart as objects do", () => {
  const odd = frame([
    { b: 1, "10": "x", "2": null, '"': true, toJSON: -0, "01": "\u007f\u2028\u0001" },
  ]);
  const proto = odd.rename({ b: "__proto__" });
  for (const each of [odd, proto]) {
    expect(new JsonRows(each as Frame).text(0, 1)).toBe(rowsAsText(each as Frame, 0, 1));
  }
});

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function byNumber(left: number, right: number): number {
  return left - right;
}
