import fc from "fast-check";
import { expect, test } from "vitest";
import {
  datetimeText,
  dayText,
  FIRST_DAY,
  FIRST_MS,
  LAST_DAY,
  LAST_MS,
  microsOf,
  msOf,
  parseDatetime,
  parseDay,
  parseMicros,
  putMicroseconds,
} from "../../src/frame/column/moment.ts";

const anyMs = fc.oneof(
  fc.integer({ min: FIRST_MS, max: LAST_MS }),
  fc.constantFrom(FIRST_MS, LAST_MS, -1, 0, 1, 2 ** 32, -(2 ** 32), 2 ** 22 * 1000 - 1),
);
const anyMicros = fc.oneof(fc.nat({ max: 999 }), fc.constantFrom(0, 1, 999));

test("microseconds of 64 bits are the same by their halves and as a bigint", () => {
  const items = new BigInt64Array(2);
  const halves = new Int32Array(items.buffer);
  fc.assert(
    fc.property(anyMs, anyMicros, (ms, micros) => {
      putMicroseconds(halves, 1, ms, micros);
      expect(items[1]).toBe(BigInt(ms) * 1000n + BigInt(micros));
      const [low = 0, high = 0] = halves.subarray(2);
      expect([msOf(low, high), microsOf(low, high)]).toEqual([ms, micros]);
    }),
    { numRuns: 5_000 },
  );
});

test("a time is read from its text, with and without microseconds", () => {
  fc.assert(
    fc.property(anyMs, anyMicros, (ms, micros) => {
      const text = datetimeText(ms, micros);
      expect([parseDatetime(text), parseMicros(text)]).toEqual([ms, micros]);
      expect(text.slice(0, 19)).toBe(new Date(ms).toISOString().slice(0, 19));
    }),
    { numRuns: 5_000 },
  );
});

test("days are read from their texts, from the first to the last", () => {
  for (let day = FIRST_DAY; day <= LAST_DAY; day += 13) {
    const text = dayText(day);
    if (parseDay(text) !== day) expect([text, parseDay(text)]).toEqual([text, day]);
  }
  expect([dayText(FIRST_DAY), dayText(LAST_DAY)]).toEqual(["0001-01-01", "9999-12-31"]);
});

test.each([
  ...["2023-02-29", "1900-02-29", "2024-02-30", "2024-04-31", "2024-13-01", "2024-00-01"],
  ...["2024-01-00", "0000-01-01", "2024-1-1", "2024-01-01 ", "2024/01/01", "٢٠٢٤-01-01", ""],
])("%j is no day", (text) => {
  expect(parseDay(text)).toBeUndefined();
});

test.each([
  ...["2024-01-01", "2024-01-01 00:00:00", "2024-01-01T24:00:00", "2024-01-01T00:60:00"],
  ...["2024-01-01T00:00:60", "2024-01-01T00:00:00.", "2024-01-01T00:00:00.1234567"],
  ...["2024-01-01T00:00:00Z", "2024-01-01T00:00", "2024-01-01T0a:00:00", "2024-02-30T00:00:00"],
  ...["2024-01-01T00:00:00.12 ", "2024-01-01T00:00:00,5", "2024-01-01T-1:00:00"],
])("%j is no local time", (text) => {
  expect(parseDatetime(text)).toBeUndefined();
});
