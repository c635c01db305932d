import { describe, expect, it } from "vitest";
import { toJsonValue } from "../../src/run/cell-output.ts";

describe("a result as plain JSON", () => {
  it("writes dates, bigints and numbers that JSON does not have as our CSV does", () => {
    const value = {
      at: new Date(0),
      big: 2n ** 60n,
      odd: [Number.NaN, -1 / 0, 1 / 0],
      none: undefined,
    };
    expect(toJsonValue(value, "it")).toEqual({
      at: "1970-01-01T00:00:00.000Z",
      big: "1152921504606846976",
      odd: ["NaN", "-INF", "INF"],
      none: null,
    });
  });

  it.each([
    [() => 1, "it to be a frame, rows, a chart, Markdown or plain data, got a function"],
    [
      { a: [Symbol("s")] },
      "it.a[0] to be a frame, rows, a chart, Markdown or plain data, got a symbol",
    ],
    [
      { m: new Map() },
      "it.m to be a frame, rows, a chart, Markdown or plain data, got an object of class Map",
    ],
    [new Date(Number.NaN), "got an invalid date"],
  ])("refuses what is no plain data: %o", (value, message) => {
    expect(() => toJsonValue(value, "it")).toThrow(message);
  });

  it("refuses an object that contains itself, but not one that is shared", () => {
    const shared = { x: 1 };
    expect(toJsonValue([shared, shared], "it")).toEqual([{ x: 1 }, { x: 1 }]);
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(() => toJsonValue(loop, "it")).toThrow("it.self to be");
  });
});
