import { spawn } from "node:child_process";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { ReadPostgresOptions } from "../../src/data/postgres/postgres-options.ts";
import { readPostgres } from "../../src/data/postgres/read-postgres.ts";
import { dateText } from "../../src/frame/column/moment.ts";
import type { Frame } from "../../src/frame/frame.ts";

const server = inject("postgres");
const url = server?.url ?? "";
const read = (sql: string, options?: ReadPostgresOptions) => readPostgres(url, sql, [], options);

/** The types and values of a frame of one row, by column. */
function only(table: Frame) {
  const [row] = table.rows();
  return Object.fromEntries(
    table.schema.map(({ name, type }) => [name, [type, Reflect.get(row ?? {}, name)]]),
  );
}

describe.skipIf(server === null)("readPostgres", () => {
  let admin: pg.Client;
  beforeAll(async () => {
    admin = new pg.Client(url);
    await admin.connect();
    await admin.query(`DROP SCHEMA IF EXISTS hex_read CASCADE; CREATE SCHEMA hex_read;
      CREATE TYPE hex_read.mood AS ENUM ('sad', 'glad');
      CREATE TYPE hex_read.pair AS (a int, b text);
      CREATE DOMAIN hex_read.positive AS int CHECK (value > 0);
      CREATE TABLE hex_read.sales (day date, city text, total numeric(10,2), n bigint);
      INSERT INTO hex_read.sales VALUES ('2026-01-31', 'Ulm', 12.50, 3), (NULL, NULL, NULL, NULL), ('2026-02-01', '', 0, -1);`);
  });
  afterAll(() => admin.end());

  test("keeps whole numbers, floats and booleans exactly", async () => {
    const table = await read(`SELECT 32767::int2 AS a, -2147483648 AS b, 9007199254740991 AS c,
      9007199254740992 AS d, (-9223372036854775808)::int8 AS e, 4294967295::oid AS f, 0.1::float8 AS g,
      'NaN'::float8 AS h, '-infinity'::float8 AS i, 0.5::float4 AS j, true AS k, count(*) AS l,
      7::hex_read.positive AS m, '-0'::float8 AS n`);
    expect(only(table)).toEqual({
      a: ["integer", 32767],
      b: ["integer", -2147483648],
      c: ["integer", 9007199254740991],
      d: ["bigint", 9007199254740992n],
      e: ["bigint", -9223372036854775808n],
      f: ["integer", 4294967295],
      g: ["number", 0.1],
      h: ["number", Number.NaN],
      i: ["number", Number.NEGATIVE_INFINITY],
      j: ["number", 0.5],
      k: ["boolean", true],
      l: ["integer", 1],
      m: ["integer", 7],
      n: ["number", -0],
    });
  });

  test("keeps days, times and instants to the microsecond, without a zone of this machine", async () => {
    const table = await read(`SELECT '0001-01-01'::date AS a, '9999-12-31'::date AS b,
      '2026-03-29 02:30:00.123456'::timestamp AS c, '1969-12-31 23:59:59.999'::timestamp AS d,
      '2026-03-29 02:30:00.123456+05:30'::timestamptz AS e, '0001-01-01 00:00:00'::timestamp AS f,
      '9999-12-31 23:59:59.999999Z'::timestamptz AS g`);
    const row = only(table);
    expect(row).toMatchObject({
      a: ["date", "0001-01-01"],
      b: ["date", "9999-12-31"],
      c: ["datetime", "2026-03-29T02:30:00.123456"],
      d: ["datetime", "1969-12-31T23:59:59.999"],
      f: ["datetime", "0001-01-01T00:00:00"],
    });
    expect(dateText(table.at("e", 0) as Date)).toBe("2026-03-28T21:00:00.123456Z");
    expect(dateText(table.at("g", 0) as Date)).toBe("9999-12-31T23:59:59.999999Z");
  });

  test("takes all other types as PostgreSQL writes them", async () => {
    const table = await read(`SELECT '24:00'::time AS a, '12:00:00.5+02'::timetz AS b,
      '1 year 2 mons 3 days 04:05:06.7'::interval AS c, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid AS d,
      '{"n": 12345678901234567890, "a": null}'::json AS e, '{"b":1,"a":2}'::jsonb AS f,
      '10.0.0.0/8'::inet AS g, '[1,5)'::int4range AS h, 'glad'::hex_read.mood AS i, B'101'::bit(3) AS j,
      '<a>x</a>'::xml AS k, 'x'::char(3) AS l, 'ü😀'::varchar AS m, ''::text AS n,
      '[2026-01-01 00:00+01,)'::tstzrange AS o, 'r'::"char" AS p, NULL AS q`);
    expect(table.rows()).toEqual([
      {
        ...{ a: "24:00:00", b: "12:00:00.5+02", c: "1 year 2 mons 3 days 04:05:06.7" },
        ...{ d: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
        ...{ e: '{"n": 12345678901234567890, "a": null}', f: '{"a": 2, "b": 1}' },
        ...{ g: "10.0.0.0/8", h: "[1,5)", i: "glad", j: "101", k: "<a>x</a>", l: "x  ", m: "ü😀" },
        ...{ n: "", o: '["2025-12-31 23:00:00+00",)', p: "r", q: null },
      },
    ]);
    expect(new Set(table.schema.map(({ type }) => type))).toEqual(new Set(["string"]));
  });

  describe("takes decimals", () => {
    test("as numbers where none loses a digit, as whole numbers where none has a point", async () => {
      const table =
        await read(`SELECT 12.50::numeric(10,2) AS a, 123456789012.345 AS b, 'NaN'::numeric AS c,
        sum(x) AS d, 12345678901234567::numeric AS e, 5::numeric(9,0) AS f, NULL::numeric AS g,
        NULL::numeric(9,0) AS h, 0.1234567890123456::numeric AS i, avg(x) AS j, -0.00000000000000000000000001 AS k,
        1.5e30::numeric(40,1) AS l FROM (VALUES (1::int8), (4)) AS v(x)`);
      expect(only(table)).toEqual({
        a: ["number", 12.5],
        b: ["number", 123456789012.345],
        c: ["number", Number.NaN],
        d: ["integer", 5],
        e: ["bigint", 12345678901234567n],
        f: ["integer", 5],
        g: ["number", null],
        h: ["integer", null],
        i: ["number", 0.1234567890123456],
        j: ["number", 2.5],
        k: ["number", -1e-26],
        l: ["number", 1.5e30],
      });
    });

    test("and refuses one that a float does not give back, at its row, unless it is told how", async () => {
      const sql = "SELECT x FROM (VALUES (1.5), (0.12345678901234567890)) AS v(x)";
      await expect(read(sql)).rejects.toMatchObject({
        code: "HEX_DATA_INVALID",
        message:
          'Expected column "x", row 2, to be a decimal that a 64-bit float gives back, got 0.12345678901234567890 (cast it in SQL, `::float8` for the nearest float or `::text` for its digits; or decimals: "number" or "text")',
      });
      expect((await read(sql, { decimals: "number" })).column("x")).toEqual([
        1.5, 0.12345678901234568,
      ]);
      const texts = ["1.5", "0.12345678901234567890"];
      expect((await read(sql, { decimals: "text" })).column("x")).toEqual(texts);
      expect((await read(sql, { schema: { x: "string" } })).column("x")).toEqual(texts);
      const large = "SELECT x FROM (VALUES (9007199254740993), (0.5)) AS v(x)";
      await expect(read(large)).rejects.toThrow(/"x", row 1, .* got 9007199254740993/);
      await expect(read("SELECT 1e19::numeric AS x")).rejects.toThrow(
        /to be a whole number of 64 bits/,
      );
    });
  });

  test("refuses what no column keeps, naming column, row and cure, or takes it as it is told", async () => {
    const infinite =
      "SELECT x::date AS d, x::timestamptz AS t FROM (VALUES ('2026-01-01'), ('infinity')) v(x)";
    await expect(read(infinite)).rejects.toThrow(
      /^Expected column "d", row 2, to be a day or time of the calendar, got infinity \(infinity: "missing"/,
    );
    const taken = await read(infinite, { infinity: "missing" });
    expect(taken.column("d")).toEqual(["2026-01-01", null]);
    expect(taken.column("t")).toEqual([new Date("2026-01-01"), null]);
    await expect(read("SELECT '0044-03-15 BC'::date AS d")).rejects.toThrow(
      /"d", row 1, to be within the years 1 to 9999, got an earlier day/,
    );
    await expect(read("SELECT '10000-01-01'::timestamp AS t")).rejects.toThrow(/got a later time/);
    const bytes = "SELECT '\\x00ff'::bytea AS b";
    await expect(read(bytes)).rejects.toThrow(/^Expected column "b" to be of a type .* got bytea/);
    expect((await read(bytes, { binary: "hex" })).column("b")).toEqual(["00ff"]);
  });

  test("takes arrays and rows of values as JSON where that is asked for, and keeps the order of rows", async () => {
    const sql = `SELECT x, ARRAY[x, NULL] AS list, ARRAY[[1.10, 2], [3, 4]] AS lists, row(x, 'y')::hex_read.pair AS pair,
      ARRAY['2026-01-01 00:00+01'::timestamptz] AS times FROM (VALUES (3), (1), (2)) AS v(x) ORDER BY x DESC; `;
    await expect(read(sql)).rejects.toThrow(
      'Expected column "list" to be of a type that a column keeps, got integer[] (nested: "json" takes it as JSON text; in SQL, unnest(x) makes rows of it)',
    );
    const table = await read(sql, { nested: "json" });
    expect(table.column("x")).toEqual([3, 2, 1]);
    expect(table.rows()[0]).toEqual({
      ...{ x: 3, list: "[3,null]", lists: "[[1.10,2],[3,4]]", pair: '{"a":3,"b":"y"}' },
      times: '["2025-12-31T23:00:00+00:00"]',
    });
    const texts = await read("SELECT ARRAY[1,NULL] AS a", { schema: { a: "string" } });
    expect(texts.column("a")).toEqual(["{1,NULL}"]);
  });

  test("names columns as the query does, and refuses a name that comes twice", async () => {
    const table = await read('SELECT 1 AS "__proto__", 2 AS "constructor", 3 AS "a b"');
    expect(table.columnNames).toEqual(["__proto__", "constructor", "a b"]);
    expect(table.column("__proto__")).toEqual([1]);
    await expect(read("SELECT 1 AS a, 2 AS a")).rejects.toThrow(
      'Expected the columns of the query to be one or more, with different names, got "a" twice (AS gives a column another name)',
    );
    await expect(read("SELECT FROM pg_class")).rejects.toThrow(/got none \(name what to select\)/);
  });

  test("has columns of the right types when there are no rows, and those of a schema", async () => {
    const sql = "SELECT * FROM hex_read.sales";
    const none = await read(`${sql} WHERE false`);
    expect(none.schema).toEqual([
      { name: "day", type: "date" },
      { name: "city", type: "string" },
      { name: "total", type: "number" },
      { name: "n", type: "integer" },
    ]);
    const schema = { n: "bigint", day: "string", city: "string", total: "number" } as const;
    const table = await readPostgres(url, `${sql} ORDER BY day`, [], { schema });
    expect(table.rows()).toEqual([
      { n: 3n, day: "2026-01-31", city: "Ulm", total: 12.5 },
      { n: -1n, day: "2026-02-01", city: "", total: 0 },
      { n: null, day: null, city: null, total: null },
    ]);
    expect((await read(`${sql} WHERE false`, { schema })).numRows).toBe(0);
    await expect(read(sql, { schema: { n: "bigint" } })).rejects.toThrow(
      "Expected the frame to be of the columns n, got day, city, total, n",
    );
  });

  test("hands parameters over as values, whatever they hold", async () => {
    const evil = `'; DROP TABLE x; --"\\{},$1`;
    const at = new Date("2026-01-31T10:00:00.123Z");
    const table = await readPostgres(
      url,
      "SELECT $1 AS a, $2::int8 + 1 AS b, $3::bool AS c, $4::timestamptz AS d, $5::text AS e, ($6::text[])[2] AS f, 2 = ANY($7::int[]) AS g, $8::float8 AS h",
      [evil, 9007199254740993n, true, at, null, ["x", evil, null], [1, 2], Number.NaN],
    );
    expect(table.rows()).toEqual([
      { a: evil, b: 9007199254740994n, c: true, d: at, e: null, f: evil, g: true, h: Number.NaN },
    ]);
    await expect(readPostgres(url, "SELECT $1::int", [])).rejects.toThrow(
      "Expected the parameters of the query to be 1 value, for $1, got 0",
    );
    await expect(readPostgres(url, "SELECT $1::timestamp", [at])).rejects.toThrow(
      "Expected the parameter $1 of the query to be a text, since its type there has no zone and would drop that of a Date, got a Date ($1::timestamptz takes it as the instant that it is)",
    );
    const lost = readPostgres(url, "SELECT $1", [undefined as unknown as null]);
    await expect(lost).rejects.toThrow(/parameter \$1 .* got undefined/);
  });

  test("tells what the server says about a query, at its line and column", async () => {
    await expect(read("SELECT 1 AS ä,\n  x FROM nowhere")).rejects.toMatchObject({
      code: "HEX_CELL_FAILED",
      message:
        'Expected line 2, column 10 of the SQL to be a query that PostgreSQL carries out, got relation "nowhere" does not exist (SQLSTATE 42P01)',
    });
    await expect(read("SELECT nam FROM (SELECT 1 AS name) q")).rejects.toThrow(
      /line 1, column 8 of the SQL .*Perhaps you meant to reference the column "q.name"/,
    );
    await expect(read("SELECT 1/x FROM generate_series(-1, 1) x")).rejects.toThrow(
      /division by zero/,
    );
    await expect(read("SELECT 1; SELECT 2")).rejects.toThrow(/multiple commands/);
    await expect(read("UPDATE hex_read.sales SET n = 1")).rejects.toThrow(
      /^Expected the SQL of readPostgres to be a query that gives rows, such as SELECT, got a statement that gives none/,
    );
    await expect(read("UPDATE hex_read.sales SET n = 1 RETURNING n")).rejects.toThrow(
      /cannot execute UPDATE in a read-only transaction .*\(the transaction of readPostgres only reads\)/,
    );
    await expect(read("SELECT 1 AS a", { timeZone: "Mars" })).rejects.toThrow(
      /invalid value for parameter "TimeZone"/,
    );
  });

  test("sees days and clocks in UTC, or in the zone that it is told, wherever the server is", async () => {
    const sql = "SELECT '2026-01-31 23:30Z'::timestamptz::date AS day";
    expect((await read(sql)).column("day")).toEqual(["2026-01-31"]);
    expect((await read(sql, { timeZone: "Europe/Berlin" })).column("day")).toEqual(["2026-02-01"]);
  });

  test("tells rows on the way, and gives large results and texts whole", async () => {
    const told: number[] = [];
    const table = await read(
      "SELECT x, repeat('ä', (x % 7)::int) AS t, CASE WHEN x % 3 > 0 THEN x END AS m, repeat('long', 200000 * (x = 5000)::int) AS l FROM generate_series(1, 60000) x",
      { progress: (rows) => told.push(rows) },
    );
    expect(told.at(-1)).toBe(60_000);
    expect(table.numRows).toBe(60_000);
    expect(table.at("l", 4_999)?.toString()).toBe("long".repeat(200_000));
    const rows = [...table.head(59_999)].map(({ x, t, m }) => [x, t, m]);
    expect(rows).toEqual(
      Array.from({ length: 59_999 }, (_, at) => [
        at + 1,
        "ä".repeat((at + 1) % 7),
        (at + 1) % 3 > 0 ? at + 1 : null,
      ]),
    );
  });

  test("has the server end the statement when the signal comes, while it waits and while rows come", async () => {
    const isGoing = async (mark: string) => {
      const sql =
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 AND pid <> pg_backend_pid()";
      return (await admin.query(sql, [`%${mark}%`])).rows[0].count !== "0";
    };
    for (const sql of [
      "SELECT pg_sleep(60), 'waits' AS y",
      "SELECT generate_series(1, 1000000000) AS x, 'comes' AS y",
    ]) {
      const mark = sql.includes("waits") ? "'waits'" : "'comes'";
      const stop = new AbortController();
      const running = read(sql, { signal: stop.signal });
      running.catch(() => undefined);
      await expect.poll(() => isGoing(mark), { interval: 10 }).toBe(true);
      stop.abort(new Error("stopped by the test"));
      await expect(running).rejects.toThrow("stopped by the test");
      expect(await isGoing(mark)).toBe(false);
    }
    await expect(
      read("SELECT 1", { signal: AbortSignal.abort(new Error("before")) }),
    ).rejects.toThrow("before");
  });

  test("ends at whatever moment the signal comes, and begins nothing after it", async () => {
    const going =
      "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%moment%'";
    const sql = "SELECT pg_sleep(600), ARRAY[1] AS a, 'moment' AS y";
    await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const signal = AbortSignal.timeout(at * 3);
        await expect(read(sql, { signal, nested: "json" })).rejects.toThrow(/timeout/);
      }),
    );
    await expect
      .poll(async () => (await admin.query(`${going} AND pid <> pg_backend_pid()`)).rows)
      .toEqual([]);
  });

  test("leaves nothing running when its process is killed", async () => {
    const index = new URL("../../dist/index.js", import.meta.url).href;
    const script = `import(${JSON.stringify(index)}).then(({ readPostgres }) =>
      readPostgres(${JSON.stringify(url)}, "SELECT pg_sleep(600), 'orphan' AS y"));`;
    const child = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
    const going =
      "SELECT pid FROM pg_stat_activity WHERE query LIKE '%orphan%' AND pid <> pg_backend_pid()";
    const count = async () => (await admin.query(going)).rows.length;
    await expect.poll(count).toBe(1);
    child.kill("SIGKILL");
    await expect.poll(count).toBe(0);
  });

  test("leaves nothing running when a row is refused", async () => {
    const sql =
      "SELECT CASE WHEN x = 9 THEN 'infinity'::date END AS d, 'refused' AS y FROM (SELECT generate_series(1, 1000000000) AS x) q";
    await expect(read(sql)).rejects.toThrow(/"d", row 9, .*got infinity/);
    const left =
      "SELECT pid FROM pg_stat_activity WHERE query LIKE '%refused%' AND pid <> pg_backend_pid()";
    await expect.poll(async () => (await admin.query(left)).rows).toEqual([]);
  });

  describe("says why it is not let in, and never by URL or password:", () => {
    const to = (change: (url: URL) => void) => {
      const changed = new URL(url);
      change(changed);
      return readPostgres(changed.href, "SELECT 1 AS a").then(
        (table) => table.rows(),
        (error: Error & { code: string }) => `${error.code}: ${error.message}`,
      );
    };
    test.each([
      [
        "another password",
        (at: URL) => {
          at.password = "wr0ng-pass";
        },
        /^HEX_SOURCE_UNAVAILABLE: Expected the PostgreSQL server \S+:\d+ to be one that lets us in, got password authentication failed for user "hex" \(user or password of the URL are wrong\)$/,
      ],
      [
        "no such database",
        (at: URL) => {
          at.pathname = "/nowhere";
        },
        /got database "nowhere" does not exist/,
      ],
      [
        "nobody listens",
        (at: URL) => {
          at.port = "1";
        },
        /:1 to be one that lets us in, got ECONNREFUSED \(nothing listens there/,
      ],
      [
        "no such machine",
        (at: URL) => {
          at.hostname = "no-such-machine.invalid";
        },
        /no-such-machine\.invalid:\d+ .* got E(NOTFOUND|AI_AGAIN)/,
      ],
      [
        "a certificate of nobody known",
        (at: URL) => {
          at.searchParams.set("sslmode", "verify-full");
        },
        /got self-signed certificate \(sslrootcert=FILE/,
      ],
    ])("%s", async (_why, change, message) => {
      const told = await to(change);
      expect(told).toMatch(message);
      expect(told).not.toMatch(/wr0ng|hex:|postgres:\/\//);
    });

    test("a text that is no URL of PostgreSQL", async () => {
      for (const text of [
        "postgres://hex:p#w@x y/",
        "mysql://root:s3cret@localhost/",
        "",
        undefined,
      ]) {
        const failure = await readPostgres(text, "SELECT 1").catch((error: Error) => error.message);
        expect(failure).toMatch(
          /^Expected the URL that readPostgres is given to be postgres:\/\/user:password@host/,
        );
        expect(failure).not.toMatch(/s3cret|p#w/);
      }
    });

    test("but takes TLS where the server has it, and does without where sslmode says so", async () => {
      const sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
      const isTls = async (mode: string) => {
        const at = new URL(url);
        if (mode !== "") at.searchParams.set("sslmode", mode);
        return (await readPostgres(at.href, sql)).column("ssl")[0];
      };
      expect([await isTls(""), await isTls("require"), await isTls("disable")]).toEqual([
        true,
        true,
        false,
      ]);
    });
  });
});
