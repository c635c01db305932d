import { expect, test } from "vitest";
import { frameToArrow } from "../../src/frame/arrow/arrow-write.ts";
import { frameFromArrow } from "../../src/frame/arrow/read-arrow.ts";
import { parseOwnCsv } from "../../src/frame/csv/read/csv-own.ts";
import { frameToCsv } from "../../src/frame/csv/write/csv-write.ts";
import { queryFrames } from "../../src/frame/duckdb/sql.ts";
import { desc } from "../../src/frame/frame.ts";
import { frameToJson } from "../../src/frame/json.ts";
import { toTableRows } from "../../src/frame/rows/table-rows.ts";
import { frame } from "../../src/frame/rows.ts";
import type { Schema } from "../../src/frame/schema.ts";
import { toFrame } from "../../src/frame/to-frame.ts";
import { max, min } from "../../src/frame/verb/aggregate.ts";
import { toJsonValue } from "../../src/run/cell-output.ts";
import { toOwnCopy } from "../../src/run/shared-value.ts";

const SCHEMA: Schema = [
  { name: "local", type: "datetime" },
  { name: "at", type: "instant" },
];

/** Times of one millisecond, which differ in the microseconds alone, and one without any. */
const LOCAL = [
  "2024-01-02T03:04:05.123456",
  "2024-01-02T03:04:05.123457",
  "2024-01-02T03:04:05",
  "0001-01-01T00:00:00.000001",
  "9999-12-31T23:59:59.999998",
  "9999-12-31T23:59:59.999999",
];
const AT = LOCAL.map((text) => (text.includes(".") ? `${text}Z` : `${text}.000Z`));

function times(local: readonly string[] = LOCAL) {
  const rows = local.map((text) => ({ local: text, at: `${text}Z` }));
  const made = toFrame(rows, SCHEMA);
  if (made === undefined) throw new Error("rows make a frame");
  return made;
}

/** The texts of both columns. */
function textsOf(made: Parameters<typeof frameToJson>[0]) {
  const { rows } = frameToJson(made);
  return { local: rows.map((row) => row["local"]), at: rows.map((row) => row["at"]) };
}

test("a frame keeps the microseconds of datetimes and instants", () => {
  expect(textsOf(times())).toEqual({ local: LOCAL, at: AT });
  expect(times().column("local")).toEqual(LOCAL);
});

test("a schema of rows takes datetimes of up to six digits, and refuses more", () => {
  const one = (text: string) => frame([{ t: text }], { t: "datetime" }).at("t", 0);
  expect(one("2024-01-02T03:04:05.1")).toBe("2024-01-02T03:04:05.100");
  expect(one("2024-01-02T03:04:05.12345")).toBe("2024-01-02T03:04:05.123450");
  expect(() => one("2024-01-02T03:04:05.1234567")).toThrow(
    'Expected column "t", row 1 to be a local date and time YYYY-MM-DDTHH:MM:SS[.ssssss]',
  );
});

test("they come back from Arrow, from CSV and from SQL", async () => {
  const written = times();
  const expected = { local: LOCAL, at: AT };
  expect(textsOf(await frameFromArrow(frameToArrow(written)))).toEqual(expected);
  expect(textsOf(await parseOwnCsv(frameToCsv(written), SCHEMA))).toEqual(expected);
  expect(textsOf(await queryFrames("SELECT * FROM t", { t: written }, {}))).toEqual(expected);
});

test("SQL computes with them, also with those of its parameters", async () => {
  const first = times().at("at", 0) ?? null;
  const sql = `SELECT local + INTERVAL 1 MICROSECOND AS local, "at" FROM t WHERE "at" > $first`;
  const made = await queryFrames(`${sql} ORDER BY "at" LIMIT 1`, { t: times() }, { first });
  expect(textsOf(made)).toEqual({ local: ["2024-01-02T03:04:05.123458"], at: [AT[1]] });
});

test("a column of SQL whose times have none is one of milliseconds", async () => {
  const made = await queryFrames("SELECT TIMESTAMP '2024-01-01 00:00:00.5' AS local", {}, {});
  expect(made.column("local")).toEqual(["2024-01-01T00:00:00.500"]);
  const [again] = (await frameFromArrow(frameToArrow(made))).columns();
  expect(again?.data.type).toEqual(made.columns()[0]?.data.type);
});

test.each([
  ["TIMESTAMP_NS '2024-01-01 00:00:00.123456789'", "2024-01-01 00:00:00.123456789"],
  ["TIMESTAMP_NS 'infinity'", "infinity"],
  ["TIMESTAMP 'infinity'", "infinity"],
  ["TIMESTAMPTZ '-infinity'", "-infinity"],
  ["TIMESTAMP '10000-01-01'", "10000-01-01 00:00:00"],
])("a query that gives %s is refused, naming the row", async (value, got) => {
  const expected = `Expected column "v", row 1 to be within the range of type`;
  await expect(queryFrames(`SELECT ${value} AS v`, {}, {})).rejects.toThrow(expected);
  await expect(queryFrames(`SELECT ${value} AS v`, {}, {})).rejects.toThrow(`got ${got}`);
});

test.each([
  ["TIMESTAMP_NS '2024-01-01 00:00:00.123456'", "2024-01-01T00:00:00.123456"],
  ["TIMESTAMP_MS '1960-01-01 00:00:00.5'", "1960-01-01T00:00:00.500"],
  ["TIMESTAMP_S '1960-01-01 00:00:01'", "1960-01-01T00:00:01"],
  ["TIMESTAMPTZ '1960-01-01 00:00:01.123456+02'", "1959-12-31T22:00:01.123456Z"],
])("a query that gives %s keeps it", async (value, text) => {
  const made = await queryFrames(`SELECT ${value} AS v`, {}, {});
  expect(frameToJson(made).rows).toEqual([{ v: text }]);
});

test("sorting, filtering, grouping and joining tell them apart", () => {
  const made = times();
  const sorted = (column: string) => {
    const descending = { column, descending: true };
    return textsOf(toTableRows(made, { sort: descending }).slice(0, 9));
  };
  const last = [...LOCAL].sort().reverse();
  expect(sorted("local").local).toEqual(last);
  expect(sorted("at").local).toEqual(last);
  expect(textsOf(made.orderby("at")).local).toEqual([...last].reverse());
  expect(textsOf(made.orderby(desc("at"))).local).toEqual(last);
  expect(made.groupby("at").count().numRows).toBe(6);
  expect(made.groupby("local").count().numRows).toBe(6);
  expect(made.distinct("at")).toHaveLength(6);
  expect(made.dedupe("at").numRows).toBe(6);
  const other = times(LOCAL.slice(2, 5));
  expect(textsOf(made.select("at").join(other, "at")).local).toEqual(LOCAL.slice(2, 5));
});

test("a time is the same with and without microseconds beside it", () => {
  const whole = times(["2024-01-02T03:04:05"]);
  expect(textsOf(times().select("at").join(whole, "at")).local).toEqual(["2024-01-02T03:04:05"]);
  expect(textsOf(whole.join(times().select("local"), "local")).at).toEqual([AT[2]]);
});

test("what rows are made of keeps them: derived, joined, concatenated and taken rows", () => {
  const derived = times().derive({ at: (row) => row["at"] as Date });
  expect(textsOf(derived).at).toEqual(AT);
  expect(textsOf(times(["2024-01-02T03:04:05"]).concat(times())).at).toEqual([AT[2], ...AT]);
  expect(textsOf(times().slice(1, 2)).at).toEqual([AT[1]]);
  expect(textsOf(toFrame(times().rows(), SCHEMA) ?? times([])).at).toEqual(AT);
});

test("aggregates find the least and the greatest of them", () => {
  const made = times().rollup({ local: max("local"), at: max("at"), first: min("at") });
  expect(frameToJson(made).rows).toEqual([{ local: LOCAL[5], at: AT[5], first: AT[3] }]);
});

test("a Date of a row shows milliseconds, and compares by its microseconds", () => {
  const [first, second] = times().rows() as { at: Date }[];
  expect(first?.at.toISOString()).toBe("2024-01-02T03:04:05.123Z");
  expect(first?.at.getTime()).toBe(second?.at.getTime());
  expect(first && second && first.at < second.at).toBe(true);
  expect(times().filter((row) => (row["at"] as Date) < (second?.at ?? 0)).numRows).toBe(3);
});

test.each([
  ["equals", "2024-01-02T03:04:05.123456", [0]],
  ["equals", "2024-01-02T03:04:05.123", [0, 1]],
  ["equals", "2024-01-02T03:04:05", [2]],
  ["equals", "2024-01-02", [0, 1, 2]],
  ["at-least", "9999-12-31T23:59:59.999999", [5]],
  ["at-most", "0001-01-01T00:00:00.000001", [3]],
  ["contains", ".123457", [1]],
] as const)("a filter %s %s reads them", (filter, value, rows) => {
  for (const column of ["local", "at"]) {
    const found = toTableRows(times(), { filters: [{ column, test: filter, value }] }).slice(0, 9);
    expect(textsOf(found).local).toEqual(rows.map((row) => LOCAL[row]));
  }
});

test("a Date that was set to another moment has none any more", () => {
  const [row] = times().rows() as { at: Date }[];
  const at = row?.at ?? new Date(0);
  at.setUTCFullYear(2025);
  expect(textsOf(frameOf([at])).at).toEqual(["2025-01-02T03:04:05.123Z"]);
});

test("what cells hand to each other, and show as plain JSON, keeps them", () => {
  const at = times().at("at", 0);
  expect(toJsonValue({ at }, "the value")).toEqual({ at: AT[0] });
  const copied = toOwnCopy({ at: [at] }, 3) as { at: Date[] };
  expect(textsOf(frameOf(copied.at)).at).toEqual([AT[0]]);
});

function frameOf(dates: readonly Date[]) {
  const rows = dates.map((at) => ({ at }));
  return frame(rows, { at: "instant" });
}
