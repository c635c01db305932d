import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvBlocks, frameToCsv } from "../../src/frame/csv/write/csv-write.ts";
import type { AnyFrame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import * as api from "../../src/index.ts";

const textOf = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
/** The lines after the header. */
const linesOf = (frame: AnyFrame) => textOf(frameToCsv(frame)).split("\n").slice(1, -1);
const numbersOf = (values: readonly number[]) => frame(values.map((n) => ({ n, m: n })));
const TIMES = ["2024-01-01T10:00:00", "2024-01-01T10:00:00.500"];
const instantsOf = (...texts: readonly string[]) => frame(texts.map((t) => ({ at: new Date(t) })));

test("a frame comes back from its CSV by its schema, as cells may import both", async () => {
  const written = frame([
    { n: 1.5, s: "x" },
    { n: null, s: "" },
  ]);
  const read = await api.frameFromCsv(api.frameToCsv(written), written.schema);
  expect([read.schema, read.rows()]).toEqual([written.schema, written.rows()]);
});

describe("numbers", () => {
  const expectAsJavaScript = (values: readonly number[]) => {
    const expected = values.map((value) => (Object.is(value, -0) ? "-0" : String(value)));
    expect(linesOf(numbersOf(values))).toEqual(expected.map((text) => `${text},${text}`));
  };

  test("have the shortest text that reads back the same, as JavaScript writes it", () => {
    fc.assert(
      fc.property(fc.array(anyNumber, { minLength: 1, maxLength: 40 }), expectAsJavaScript),
      { numRuns: 2_000 },
    );
  });

  const anyDecimal = fc
    .tuple(fc.integer({ min: -(10 ** 15) - 10, max: 10 ** 15 + 10 }), fc.nat({ max: 24 }))
    .map(([digits, places]) => Number(`${digits}e-${places}`));
  const anyNumber = fc.oneof(
    { weight: 6, arbitrary: anyDecimal },
    { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 2, arbitrary: fc.integer() },
    fc.constantFrom(-0, 1e-6, 9.999999e-7, 1e15, 1e16, 1e21, 0.1 + 0.2, 2 ** 53, 123456789012345.6),
  );

  test("are written alike where short and long decimals, whole numbers and minus zero mix", () => {
    const long = Array.from({ length: 100 }, (_, n) => Math.sqrt(n + 2));
    expectAsJavaScript([...long, -0, 0, 5, 0.25, -1.5, 1e300, ...long]);
  });

  test("of 64 bits are written to the last digit", () => {
    const values = [
      2n ** 63n - 1n,
      -(2n ** 63n),
      2n ** 53n + 1n,
      -(2n ** 53n),
      10n ** 15n,
      0n,
      -1n,
    ];
    const written = frame(values.map((big) => ({ big, n: 1 })));
    expect(linesOf(written)).toEqual(values.map((value) => `${value},1`));
  });

  test("of 32 bits are written to both ends", () => {
    const values = [2 ** 31 - 1, -(2 ** 31), 999_999_999, 1_000_000_000, -1, 0, 10, 100];
    expect(linesOf(frame(values.map((n) => ({ n }))))).toEqual(values.map(String));
  });

  test("beyond all others are written as inf, which every reader takes for a number", () => {
    expect(linesOf(frame([{ n: Infinity }, { n: -Infinity }]))).toEqual(["inf", "-inf"]);
  });
});

describe("days and times", () => {
  test("are those of the calendar from the year 1 to 9999", () => {
    const days = Array.from({ length: 36_525 }, (_, n) => new Date((n * 100 - 719_162) * 864e5));
    const texts = days
      .map((day) => day.toISOString().slice(0, 10))
      .filter((text) => text[0] !== "+");
    expect(
      linesOf(
        frame(
          texts.map((day) => ({ day })),
          { day: "date" },
        ),
      ),
    ).toEqual(texts);
  });

  test.each([
    ["0001-01-01", "9999-12-31"],
    ["1900-02-28", "1900-03-01"],
    ["2000-02-29", "2000-12-31"],
    ["2023-12-31", "2024-02-29"],
    ["1969-12-31", "1970-01-01"],
  ])("stand at the ends of years and Februaries: %s, %s", (...days) => {
    const rows = days.map((day) => ({ day }));
    expect(linesOf(frame(rows, { day: "date" }))).toEqual(days);
  });

  test("have no fraction where no time of the column needs one", () => {
    expect(linesOf(instantsOf("2024-01-01T10:00:00Z", "1969-12-31T23:59:59Z"))).toEqual([
      "2024-01-01T10:00:00Z",
      "1969-12-31T23:59:59Z",
    ]);
  });

  test("have a fraction in the whole column where one needs it, so that readers find one form", () => {
    expect(linesOf(instantsOf("2024-01-01T10:00:00Z", "1969-12-31T23:59:59.005Z"))).toEqual([
      "2024-01-01T10:00:00.000Z",
      "1969-12-31T23:59:59.005Z",
    ]);
    const written = frame(
      TIMES.map((at) => ({ at })),
      { at: "datetime" },
    );
    expect(linesOf(written)).toEqual(["2024-01-01T10:00:00.000", "2024-01-01T10:00:00.500"]);
  });

  test("have six digits in the whole column where one has microseconds, before 1970 and to both ends", () => {
    const texts = [
      "2024-01-01T10:00:00",
      "2024-01-01T10:00:00.500",
      "1969-12-31T23:59:59.999999",
      "0001-01-01T00:00:00.000001",
      "9999-12-31T23:59:59.999999",
    ];
    const written = frame(
      texts.map((at) => ({ at })),
      { at: "datetime" },
    );
    expect(linesOf(written)).toEqual([
      "2024-01-01T10:00:00.000000",
      "2024-01-01T10:00:00.500000",
      ...texts.slice(2),
    ]);
    expect(linesOf(written.slice(0, 2))).toEqual([
      "2024-01-01T10:00:00.000",
      "2024-01-01T10:00:00.500",
    ]);
  });

  test("of a part have the form of the whole frame", () => {
    const whole = frame(
      TIMES.map((at) => ({ at })),
      { at: "datetime" },
    );
    const [block = new Uint8Array()] = csvBlocks(whole.head(1), { whole });
    expect(textOf(block)).toBe('"at"\n2024-01-01T10:00:00.000\n');
  });
});

describe("texts", () => {
  const PIECES = ['"', '""', ",", "\n", "é", "😀", "\uFEFF", "", "x".repeat(47), "y".repeat(200)];

  test("of every length keep their bytes, with each quote twice", () => {
    const texts = PIECES.flatMap((left) => PIECES.map((right) => `${left}${right}`));
    const expected = texts.map((text) => `"${text.replaceAll('"', '""')}",1\n`).join("");
    const coded = frame(texts.map((s) => ({ s, n: 1 })));
    expect(textOf(frameToCsv(coded))).toBe(`"s","n"\n${expected}`);
    const many = frame(texts.map((s, n) => ({ s: `${n}${s}`, n: 1 })));
    const numbered = texts.map((text, n) => `"${n}${text.replaceAll('"', '""')}",1\n`).join("");
    expect(textOf(frameToCsv(many))).toBe(`"s","n"\n${numbered}`);
  });

  test("that are too long to be read again are refused by column and row", () => {
    const rows = [{ s: null }, { s: '"'.repeat(8 * 2 ** 20) }];
    expect(() => frameToCsv(frame(rows, { s: "string" }))).toThrow(
      /column "s", row 2 .*16,777,216/,
    );
  });
});

describe("blocks", () => {
  const whole = frame(
    Array.from({ length: 3_000 }, (_, n) => ({
      n,
      s: n % 7 === 0 ? null : "x".repeat((n * 37) % 90),
      t: `${n}`.repeat(n === 1_500 ? 900 : 1),
      b: n % 3 === 0 ? null : n % 2 === 0,
    })),
  );

  test("hold whole rows, and are no longer than was asked for unless a row is", () => {
    const blocks = [...csvBlocks(whole, { blockLength: 1_000 })];
    expect(Buffer.concat(blocks).equals(frameToCsv(whole))).toBe(true);
    expect(blocks.filter(({ length }) => length > 1_000)).toHaveLength(1);
    for (const block of blocks) expect(block.at(-1)).toBe(10);
    expect(blocks.length).toBeLessThan(400);
  });

  test("are the same with texts that are written in another way", () => {
    const same = csvBlocks(whole, { toText: (text) => text, blockLength: 1_000 });
    expect(Buffer.concat([...same]).equals(frameToCsv(whole))).toBe(true);
  });

  test("of 2,000 columns hold every field once, in its place", () => {
    const names = Array.from({ length: 2_000 }, (_, column) => `c${column}`);
    const rows = Array.from({ length: 50 }, (_, row) =>
      Object.fromEntries(
        names.map((name, column) => [name, (row + column) % 5 ? row * column : null]),
      ),
    );
    const expected = rows.map((row) =>
      Object.values(row)
        .map((value) => value ?? "")
        .join(","),
    );
    expect(linesOf(frame(rows))).toEqual(expected);
  });
});
