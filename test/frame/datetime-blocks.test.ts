import { describe, expect, it } from "vitest";
import { DatetimeBlocks } from "../../src/frame/column/datetime-blocks.ts";
import { datetimeText, FIRST_MS, LAST_MS } from "../../src/frame/column/moment.ts";

describe("texts of datetimes, read one after the other", () => {
  it("are those of JavaScript's calendar, for days of all years", () => {
    const step = 86_400_000 * 31 + 61_000;
    const length = Math.floor((LAST_MS - FIRST_MS) / step);
    const msAt = (row: number) => FIRST_MS + row * step;
    const blocks = new DatetimeBlocks(length, msAt);
    const wrong = Array.from({ length }, (_, row) => row).filter(
      (row) => blocks.text(row) !== new Date(msAt(row)).toISOString().slice(0, 19),
    );
    expect(wrong).toEqual([]);
  });

  it("are the same in any order, and beside those with parts of a second", () => {
    const items = Array.from(
      { length: 3_000 },
      (_, row) => Math.floor(row * 1e9 * Math.PI) * (row % 97 === 0 ? 1 : 1000) - 5e12,
    ).map((ms) => Math.min(ms, LAST_MS));
    const blocks = new DatetimeBlocks(items.length, (row) => items[row] ?? 0);
    const rows = items.flatMap((_, row) => [row, (row * 7) % items.length, row]);
    const wrong = rows.filter((row) => blocks.text(row) !== datetimeText(items[row] ?? 0));
    expect(wrong).toEqual([]);
  });
});
