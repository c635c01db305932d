import { describe, expect, test } from "vitest";
import { queryFrames, readSqlReferences } from "../../src/frame/duckdb/sql.ts";
import { frame } from "../../src/frame/rows.ts";
import { assertFrame } from "./assert-frame.ts";
import { everyTypeFrame } from "./every-type.ts";

const fruit = frame([
  { name: "pear", price: 3 },
  { name: "fig", price: 2.5 },
  { name: "apple", price: null },
]);

describe("queryFrames", () => {
  test("gives every type back as it went in", async () => {
    const every = everyTypeFrame();
    const result = await queryFrames("SELECT * FROM every;", { every }, {});
    expect(result.schema).toEqual(every.schema);
    expect(result.rows()).toEqual(every.rows());
  });

  test("orders texts by the alphabet, however they are kept", async () => {
    const sorted = await queryFrames("SELECT name FROM fruit ORDER BY name", { fruit }, {});
    assertFrame(sorted, { name: ["apple", "fig", "pear"] });
  });

  test("takes numbers, texts, lists and missing values as parameters", async () => {
    const sql = `SELECT name FROM fruit WHERE price >= $least AND name IN $names
      AND $none IS NULL ORDER BY name LIMIT $limit`;
    const parameters = { least: 2.5, names: ["fig", "pear"], none: null, limit: 1, unused: 1 };
    assertFrame(await queryFrames(sql, { fruit }, parameters), { name: ["fig"] });
  });

  test("takes dates, bigints and truth values as parameters", async () => {
    const sql = "SELECT $at = TIMESTAMPTZ '2020-01-01T00:00:00Z' AS a, $n + 1 AS b, $yes AS c";
    const parameters = { at: new Date("2020-01-01T00:00:00Z"), n: 2n ** 60n, yes: true };
    const result = await queryFrames(sql, {}, parameters);
    assertFrame(result, { a: [true], b: [2n ** 60n + 1n], c: [true] });
  });

  test("gives counts and sums as integers and decimals as numbers", async () => {
    const sql = "SELECT count(*) AS n, sum(length(name)) AS s, 0.5 AS d FROM fruit";
    const { schema } = await queryFrames(sql, { fruit }, {});
    expect(schema.map(({ type }) => type)).toEqual(["integer", "integer", "number"]);
  });

  test("takes names of frames and columns that SQL has to quote", async () => {
    const odd = frame([{ 'a "b"': 1, select: 2 }]);
    const sql = 'SELECT "a ""b""" + "select" AS n FROM "odd-name"';
    assertFrame(await queryFrames(sql, { "odd-name": odd }, {}), { n: [3] });
  });

  test("fails with what DuckDB says", async () => {
    await expect(queryFrames("SELECT colour FROM fruit", { fruit }, {})).rejects.toMatchObject({
      code: "HEX_CELL_FAILED",
      message: expect.stringContaining("colour"),
    });
  });

  test("fails in a sentence for what cannot be kept, such as DESCRIBE", async () => {
    const reading = queryFrames("DESCRIBE SELECT 1", {}, {});
    await expect(reading).rejects.toThrow(/^Parser Error: syntax error at or near "DESCRIBE"$/);
  });

  test.each([
    ["a list", "[1, 2]", /INTEGER\[\] \(select to_json\("v"\)\)/],
    ["an array", "[1, 2]::INTEGER[2]", /INTEGER\[2\] \(select to_json/],
    ["a struct", "{'a': 1}", /STRUCT\("?a"? INTEGER\) \(select to_json/],
    ["a map", "MAP {'a': 1}", /MAP\(VARCHAR, INTEGER\) \(select to_json/],
    ["a union", "union_value(n := 1)", /UNION\("?n"? INTEGER\) \(select to_json/],
    ["bytes", "'\\xAA'::BLOB", /BLOB \(select hex\("v"\) or base64/],
    ["a number without bounds", "1::BIGNUM", /BIGNUM \(select "v"::VARCHAR\)/],
  ])("refuses a column that no frame can hold: %s", async (_, sql, message) => {
    const reading = queryFrames(`SELECT ${sql} AS v`, {}, {});
    await expect(reading).rejects.toThrow(/^Expected column "v" to be of a type that a frame/);
    await expect(reading).rejects.toThrow(message);
  });

  test.each([
    ["sum(v::BIGINT) FROM range(3) t(v)", "integer", 3],
    ["sum(9007199254740993::BIGINT)", "bigint", 9007199254740993n],
    ["18446744073709551615::UBIGINT // 4", "bigint", 4611686018427387903n],
    ["1::UHUGEINT", "integer", 1],
    ["sum(2::DECIMAL(10,0))", "integer", 2],
    ["sum(0.1::DECIMAL(10,2))", "number", 0.1],
    ["0.1234567890123456::DECIMAL(38,20)", "number", 0.1234567890123456],
    [
      "'2b4c7a3e-0d3f-4c5f-9b55-0f6f5f6f7f8f'::UUID",
      "string",
      "2b4c7a3e-0d3f-4c5f-9b55-0f6f5f6f7f8f",
    ],
    ["TIME '24:00:00'", "string", "24:00:00"],
    ["TIME_NS '12:00:00.123456789'", "string", "12:00:00.123456789"],
    ["'12:00:00+02'::TIMETZ", "string", "12:00:00+02"],
    ["INTERVAL '1 month 3 days 1.5 seconds'", "string", "1 month 3 days 00:00:01.5"],
    ["'b'::ENUM('a', 'b')", "string", "b"],
    ["'101'::BIT", "string", "101"],
    ["to_json([9007199254740993])", "string", "[9007199254740993]"],
    ["TIMESTAMP_S '2020-01-01'", "datetime", "2020-01-01T00:00:00"],
    ["TIMESTAMP_NS '2020-01-01 00:00:00.123456'", "datetime", "2020-01-01T00:00:00.123456"],
    ["0.1::FLOAT", "number", Math.fround(0.1)],
    ["NULL", "integer", null],
  ])("gives %s exactly", async (sql, type, value) => {
    const result = await queryFrames(`SELECT ${sql.replace(/( FROM|$)/, " AS v$1")}`, {}, {});
    expect(result.schema).toEqual([{ name: "v", type }]);
    expect(result.at("v", 0)).toEqual(value);
  });

  test.each([
    ["sum(v) FROM (VALUES (9223372036854775807), (1)) t(v)", "9223372036854775808"],
    ["18446744073709551615::UBIGINT", "18446744073709551615"],
    ["12345678901234567.89::DECIMAL(38,2)", "12345678901234567.89"],
    ["sum(99999999999999999999::DECIMAL(30,0))", "99999999999999999999"],
    ["TIMESTAMP_NS '2020-01-01 00:00:00.123456789'", "2020-01-01 00:00:00.123456789"],
  ])("refuses %s, which it would have to round", async (sql, got) => {
    const reading = queryFrames(`SELECT ${sql.replace(/( FROM|$)/, " AS v$1")}`, {}, {});
    await expect(reading).rejects.toThrow(`Expected column "v", row 1 to be`);
    await expect(reading).rejects.toThrow(got);
  });

  test("takes an empty list as a parameter beside a column of any type", async () => {
    const sql = "SELECT name FROM fruit WHERE len($names) = 0 OR name IN $names OR price IN $names";
    const all = await queryFrames(sql, { fruit }, { names: [] });
    assertFrame(all, { name: ["pear", "fig", "apple"] });
  });

  test("takes an object of values as a parameter, such as the ends of a range of days", async () => {
    const sql = "SELECT DATE '2026-01-31' BETWEEN $days.start::DATE AND $days.end::DATE AS isIn";
    const days = { start: "2026-01-01", end: "2026-02-28" };
    assertFrame(await queryFrames(sql, {}, { days }), { isIn: [true] });
  });

  test("takes lists of bigints and missing values exactly", async () => {
    const sql = "SELECT list_contains($ids, 9007199254740993) AS a, len($ids) AS n";
    const ids = [9007199254740993n, null];
    assertFrame(await queryFrames(sql, {}, { ids }), { a: [true], n: [2] });
  });

  test.each([
    ["a frame", fruit, /a single value.*got object \(a frame is a table: name it without the \$\)/],
    ["a list of several types", [1, "a"], /a list of values of one type/],
    ["a list that would be rounded", [9007199254740993n, 0.5], /a list of values of one type/],
    ["a list that is too long for whole numbers", [9007199254740993n, 1e20], /values of one type/],
    ["nothing", undefined, /got nothing/],
    [
      "a bigint that SQL has no room for",
      2n ** 63n,
      /a bigint of 64 bits.*got 9223372036854775808/,
    ],
    ["an invalid date", new Date(Number.NaN), /a valid date, got an invalid one/],
  ])("refuses %s as a parameter", async (_, v, message) => {
    await expect(queryFrames("SELECT $v AS v", {}, { v })).rejects.toThrow(message);
  });

  test("refuses parameters that it is not handed, or that differ by case alone", async () => {
    assertFrame(await queryFrames("SELECT $N AS v", {}, { n: 1 }), { v: [1] });
    const expected = "$n of the query to be one of the parameters that it is handed";
    for (const handed of [{ n: 1, N: 2 }, { m: 1 }]) {
      await expect(queryFrames("SELECT $n AS v", {}, handed)).rejects.toThrow(expected);
    }
  });

  test("takes a number beyond all numbers for infinity", async () => {
    const sql = "SELECT 1e400::DOUBLE AS v, 'Infinity, \"NaN' AS s";
    assertFrame(await queryFrames(sql, {}, {}), { v: [Infinity], s: ['Infinity, "NaN'] });
  });

  test("takes a query that begins with a byte order mark", async () => {
    assertFrame(await queryFrames("\uFEFF-- a\r\nSELECT 1 AS n\r\n", {}, {}), { n: [1] });
  });

  test("tells the place of a failure, also behind letters of several bytes", async () => {
    const failing = queryFrames("SELECT 'é', -- ü\n  price + colour\nFROM fruit", { fruit }, {});
    await expect(failing).rejects.toMatchObject({ place: { line: 2, column: 11 } });
    const parsing = queryFrames("SELECT 1 +\n   FROM fruit", { fruit }, {});
    await expect(parsing).rejects.toMatchObject({ place: { line: 2, column: 4 } });
  });

  test("reaches for no extension", async () => {
    const reading = queryFrames("SELECT * FROM read_csv('https://localhost:9/x.csv')", {}, {});
    await expect(reading).rejects.toMatchObject({ code: "HEX_CELL_INVALID" });
  });
});

describe("readSqlReferences", () => {
  test("tells the tables and parameters of a query", async () => {
    const sql = `WITH heavy AS (SELECT * FROM planets WHERE mass > $mass)
      SELECT * FROM heavy JOIN "My Stars" USING (star)
      WHERE year IN (SELECT year FROM years) AND method = $method;`;
    expect(await readSqlReferences(sql)).toEqual({
      tables: ["My Stars", "planets", "years"],
      parameters: ["mass", "method"],
    });
  });

  test("tells a table from a WITH query of the same name that reads it", async () => {
    const shadow = "WITH planets AS (SELECT * FROM planets WHERE a) SELECT * FROM planets";
    expect((await readSqlReferences(shadow)).tables).toEqual(["planets"]);
    const own = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM N) FROM n";
    expect((await readSqlReferences(own)).tables).toEqual([]);
  });

  test("does not take texts and comments for names", async () => {
    const sql = "SELECT 'FROM secrets $no' AS text FROM planets -- JOIN moons $nor";
    expect(await readSqlReferences(sql)).toEqual({ tables: ["planets"], parameters: [] });
  });

  test.each([
    ["two statements", "SELECT 1; SELECT 2"],
    ["no statement", ""],
    ["a change", "DELETE FROM planets"],
    ["a syntax error", "SELEC 1"],
    ["a parameter without a name", "SELECT * FROM planets WHERE method = ?"],
  ])("refuses %s", async (_, sql) => {
    await expect(readSqlReferences(sql)).rejects.toMatchObject({ code: "HEX_CELL_INVALID" });
  });
});
