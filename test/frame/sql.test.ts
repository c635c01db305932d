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

  test("refuses a column that no frame can hold", async () => {
    await expect(queryFrames("SELECT [1, 2] AS list", {}, {})).rejects.toThrow(
      /"list" .* INTEGER\[\]/,
    );
  });

  test("reaches for no extension", async () => {
    const reading = queryFrames("SELECT * FROM read_csv('https://localhost:9/x.csv')", {}, {});
    await expect(reading).rejects.toMatchObject({ code: "HEX_CELL_FAILED" });
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
