import { expect, test } from "vitest";
import type { LogLine } from "../../src/run/history/run-log.ts";
import {
  findUnknown,
  LOG_START,
  parseEventId,
  passLine,
  toEventId,
} from "../../src/server/run-events.ts";

const at = (second: number, text: string): LogLine => ({
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  text,
});
const log = [at(1, "a"), at(1, "b"), at(1, "c"), at(2, "d"), at(4, "e")];

test.each([0, 1, 2, 3, 4, 5])("knows where to go on after %i lines", (known) => {
  const cursor = log.slice(0, known).reduce(passLine, LOG_START);

  expect(findUnknown(log, parseEventId(toEventId(cursor)))).toBe(known);
});

test("goes on with what is left when the log has lost its oldest lines", () => {
  const cursor = log.slice(0, 2).reduce(passLine, LOG_START);

  expect(findUnknown(log.slice(3), cursor)).toBe(0);
});

test("begins anew with any other text", () => {
  for (const text of [undefined, "", "x", "1-", "-1", ["1-1", "2-2"], "9".repeat(40)]) {
    expect(parseEventId(text)).toEqual(LOG_START);
  }
});
