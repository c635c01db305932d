import { copyFile, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import LibSql from "libsql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSqlite } from "../../src/data/sqlite/read-sqlite.ts";
import type { ReadSqliteOptions } from "../../src/data/sqlite/sqlite-options.ts";

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hex-read-sqlite-"));
  path = join(folder, "shop #1.db");
  const database = new LibSql(path);
  database.exec(`CREATE TABLE orders (day TEXT, at TEXT, region TEXT, total DECIMAL(10,2), n INTEGER, paid BOOLEAN);
    INSERT INTO orders VALUES ('2026-01-31', '2026-01-31T10:00:00.123456', 'EU', 12, 9007199254740991, 1),
      ('2026-02-01', NULL, '', 0.5, NULL, 0), (NULL, NULL, NULL, NULL, -1, NULL);`);
  database.close();
});
afterAll(() => rm(folder, { recursive: true }));

const read = (sql: string, options?: ReadSqliteOptions) => readSqlite(path, sql, [], options);

test("keeps whole numbers, floats and texts exactly, and has the types that the values have", async () => {
  const table = await read(
    "SELECT day, region, total, n, paid, 0.1 AS x, 9e999 AS y, NULL AS z FROM orders",
  );
  expect(table.schema.map(({ type }) => type)).toEqual([
    "string",
    "string",
    "number",
    "integer",
    "integer",
    "number",
    "number",
    "string",
  ]);
  expect(table.column("total")).toEqual([12, 0.5, null]);
  expect(table.column("n")).toEqual([9007199254740991, null, -1]);
  expect(table.column("region")).toEqual(["EU", "", null]);
  expect(table.rows()[0]).toMatchObject({ x: 0.1, y: Number.POSITIVE_INFINITY, z: null });
  const large = await read("SELECT n FROM (SELECT 1 AS n UNION ALL SELECT 9007199254740993)");
  expect(large.column("n")).toEqual([1n, 9007199254740993n]);
});

test("has days, times and booleans where the schema says so, and its columns when there are no rows", async () => {
  const schema = { day: "date", at: "datetime", n: "bigint" } as const;
  const sql = "SELECT day, at, n FROM orders";
  expect((await read(sql, { schema })).rows()[0]).toEqual({
    ...{ day: "2026-01-31", at: "2026-01-31T10:00:00.123456", n: 9007199254740991n },
  });
  const none = await read(`${sql} WHERE 0`, { schema });
  expect(none.schema).toEqual(Object.entries(schema).map(([name, type]) => ({ name, type })));
  await expect(read("SELECT region FROM orders", { schema: { region: "date" } })).rejects.toThrow(
    /column "region", row 1 to be a calendar day/,
  );
  await expect(read(sql, { schema: { day: "date" } })).rejects.toThrow(
    /of the columns day, got day, at, n/,
  );
});

test("refuses what no column keeps, naming its row, or takes it as it is told", async () => {
  const mixed = "SELECT x FROM (SELECT 1 AS x UNION ALL SELECT 'one')";
  await expect(read(mixed)).rejects.toThrow(
    'Expected column "x", row 2, to be a number, as those before it, got "one" (schema: { … "string" } takes all as texts; in SQL, CAST(x AS …) or WHERE typeof(x) = …)',
  );
  expect((await read(mixed, { schema: { x: "string" } })).column("x")).toEqual(["1", "one"]);
  await expect(read("SELECT 'a' || char(0) || 'b' AS x")).rejects.toThrow(
    /"x", row 1, to be a text without a NUL/,
  );
  const blob = "SELECT x'00ff' AS b";
  await expect(read(blob)).rejects.toThrow(/"b", row 1, to be a number or a text, got a blob/);
  expect((await read(blob, { binary: "hex" })).column("b")).toEqual(["00ff"]);
  await expect(
    read("SELECT 9007199254740993 AS x UNION ALL SELECT 0.5 ORDER BY x DESC"),
  ).rejects.toThrow(/"x", row 1, to be a number that a 64-bit float holds, .*got 9007199254740993/);
  await expect(read("SELECT 1 AS a, 2 AS a")).rejects.toThrow(/of different names, got "a" twice/);
  expect((await read('SELECT 1 AS "__proto__"')).columnNames).toEqual(["__proto__"]);
});

test("hands parameters over as values, of which there must be as many as the query has", async () => {
  const sql = "SELECT ?1 AS a, ? AS b, ?1 AS c";
  const table = await readSqlite(path, sql, ["'; --", 9007199254740993n]);
  expect(table.rows()).toEqual([{ a: "'; --", b: 9007199254740993n, c: "'; --" }]);
  for (const parameters of [[], [1], [1, 2, 3]]) {
    await expect(readSqlite(path, sql, parameters)).rejects.toThrow(
      `Expected the parameters of the query to be 2 values, got ${parameters.length}`,
    );
  }
  const day = new Date() as unknown as string;
  await expect(readSqlite(path, "SELECT ?", [day])).rejects.toThrow(
    /the parameter 1 .* got a Date/,
  );
});

test("keeps the order of rows, whose turns others get and in which the signal is heard", async () => {
  const numbers =
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5000) SELECT x FROM c ORDER BY -x -- all";
  const stop = new AbortController();
  setImmediate(() => stop.abort(new Error("stopped by the test")));
  await expect(read(numbers, { signal: stop.signal })).rejects.toThrow("stopped by the test");
  const table = await read(numbers.replace("-- all", "; "));
  expect([table.at("x", 0), table.at("x", 4_999)]).toEqual([5000, 1]);
});

test("only reads: nothing is written, and no file is made", async () => {
  for (const sql of [
    "DELETE FROM orders",
    "DELETE FROM orders RETURNING n",
    "SELECT 1; SELECT 2",
    "SELEC 1",
    "PRAGMA user_version = 5",
  ]) {
    await expect(read(sql)).rejects.toMatchObject({
      code: "HEX_CELL_FAILED",
      message: expect.stringMatching(
        /^Expected the SQL of readSqlite to be one query that SQLite carries out/,
      ),
    });
  }
  expect((await read("SELECT count(*) AS n FROM orders")).column("n")).toEqual([3]);
  const missing = join(folder, "missing.db");
  await expect(readSqlite(missing, "SELECT 1")).rejects.toThrow(
    /missing\.db to be a SQLite database/,
  );
  await writeFile(
    join(folder, "text.db"),
    "no database, but a text that is long enough to be one".repeat(20),
  );
  await expect(readSqlite(join(folder, "text.db"), "SELECT 1")).rejects.toThrow(
    /got file is not a database/,
  );
  await copyFile(path, join(folder, "plain.db"));
  await readSqlite(join(folder, "plain.db"), "SELECT 1");
  expect((await readdir(folder)).sort()).toEqual(["plain.db", "shop #1.db", "text.db"]);
});
