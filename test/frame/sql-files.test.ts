import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { frameToArrow } from "../../src/frame/arrow/arrow-write.ts";
import type { ByteSource } from "../../src/frame/csv/read/csv-blocks.ts";
import {
  type QuerySurroundings,
  queryFrames,
  readSqlReferences,
} from "../../src/frame/duckdb/sql.ts";
import { frame } from "../../src/frame/rows.ts";
import { assertFrame } from "./assert-frame.ts";

/** Written by pyarrow, which tells least and greatest values without NaN. */
const NAN = fileURLToPath(new URL("../fixtures/parquet/nan.parquet", import.meta.url));

const stored = new Map<string, Buffer>();
let directory = "";

function openStored(path: string): ByteSource {
  return {
    name: path,
    async *open() {
      const bytes = stored.get(path);
      if (bytes === undefined) throw new Error(`no object ${path}`);
      yield bytes;
    },
  };
}

function query(sql: string, around: QuerySurroundings = {}, parameters = {}) {
  const place = { directory, openStored };
  return queryFrames(sql, {}, parameters, { place, ...around });
}

/** Runs statements of DuckDB as anybody else would, to write files. */
async function writeParquet(files: Readonly<Record<string, string>>): Promise<void> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  for (const [file, select] of Object.entries(files)) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await connection.run(`COPY (${select}) TO '${quoted(join(directory, file))}' (FORMAT parquet)`);
  }
  connection.closeSync();
  instance.closeSync();
}

function quoted(text: string): string {
  return text.replaceAll("'", "''");
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "it's a 'project', "));
  await writeParquet({
    "data/flights.parquet":
      "SELECT i AS id, i % 3 AS weekday, i / 2 AS delay FROM range(9) t(i) ORDER BY i DESC",
    "data/parts/1.parquet": "SELECT 1::INTEGER AS n, 'a' AS s",
    "data/parts/2.parquet": "SELECT 2::INTEGER AS n, 'b' AS s",
    "data/odd/1.parquet": "SELECT 1::INTEGER AS n",
    "data/odd/2.parquet": "SELECT 1.7 AS n, 'lost' AS s",
    "data/wider/1.parquet": "SELECT 1::INTEGER AS n",
    "data/wider/2.parquet": "SELECT 2::INTEGER AS n, 'kept' AS s",
    "data/by/region=007/1.parquet": "SELECT 1 AS n",
  });
  const write = async (file: string, text: string | Buffer) => {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), text);
  };
  await write("data/nan.parquet", await readFile(NAN));
  await write("data/codes.csv", "code,n\n007,1\n0x1,\nNA,3\n");
  await write("data/days/1.csv", "day,n,note\n2026-01-01,1,\n");
  await write("data/days/2.csv", "day,n,note\n2026-01-02,1.5,late\n");
  await write("data/unlike/1.csv", "n\n1\n");
  await write("data/unlike/2.csv", "n\none\n");
  await write("data/german.csv", "name;value\nx;1,5\n");
  await write("data/rows.jsonl", '{"id":9007199254740993,"code":"007","tags":["a","b"]}\n');
  await write("data/rows.arrow", Buffer.from(frameToArrow(frame([{ n: 1 }, { n: 2 }]))));
  await write(".hex/store/x.csv", "a\n1\n");
  stored.set("raw/x.parquet", await readFile(join(directory, "data/parts/1.parquet")));
  stored.set("raw/x.csv", Buffer.from("code\n007\n"));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe("files of the project in a query", () => {
  test("a Parquet file is a table, under its own name, in the order of its rows", async () => {
    const sql = "SELECT flights.id FROM 'data/flights.parquet' WHERE weekday = 1";
    assertFrame(await query(sql), { id: [7, 4, 1] });
  });

  test("a file may have another name, and be joined with others", async () => {
    const sql = `SELECT f.id, c.code FROM 'data/flights.parquet' AS f
      JOIN 'data/codes.csv' c ON c.n = f.id ORDER BY f.id`;
    assertFrame(await query(sql), { id: [1, 3], code: ["007", "NA"] });
  });

  test("a glob stands for all files that match it, in the order of their names", async () => {
    const sql = "SELECT n, s, filename FROM read_parquet('data/parts/*.parquet', filename = true)";
    const filename = ["data/parts/1.parquet", "data/parts/2.parquet"];
    assertFrame(await query(sql), { n: [1, 2], s: ["a", "b"], filename });
  });

  test("a list names several files, and options go on to DuckDB", async () => {
    const sql = `SELECT n, file_row_number AS row FROM read_parquet(
      ['data/parts/2.parquet', 'data/parts/1.parquet'], file_row_number = true)`;
    assertFrame(await query(sql), { n: [2, 1], row: [0, 0] });
  });

  test("a link in the project's folder leads where it leads", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "elsewhere-"));
    await writeFile(join(elsewhere, "x.csv"), "a\n1\n");
    await symlink(elsewhere, join(directory, "data/linked"));
    assertFrame(await query("FROM 'data/linked/x.csv'"), { a: [1] });
    await rm(elsewhere, { recursive: true });
  });

  test("a text file is read as it is", async () => {
    const sql = "SELECT filename, content FROM read_text('data/unlike/1.csv')";
    assertFrame(await query(sql), { filename: ["data/unlike/1.csv"], content: ["n\n1\n"] });
  });

  test("a file that is no Parquet is refused in a sentence, at its place", async () => {
    const reading = query("SELECT 1,\n (SELECT count(*) FROM read_parquet('data/unlike/1.csv'))");
    await expect(reading).rejects.toThrow(/^Invalid Input Error: File .* too small/);
    await expect(reading).rejects.toMatchObject({ place: { line: 2 } });
  });

  test("an object of the store is read through the store, as Parquet and as CSV", async () => {
    const sql = `SELECT n, code, filename FROM read_parquet('store:raw/x.parquet', filename = true),
      'store:raw/x.csv'`;
    assertFrame(await query(sql), { n: [1], code: ["007"], filename: ["store:raw/x.parquet"] });
  });

  test("without a store its objects are refused, with what to do", async () => {
    const reading = query("FROM 'store:raw/x.csv'", {
      place: { directory, openStored: undefined },
    });
    await expect(reading).rejects.toThrow(
      /hand the cell's context over: query\(sql, \{ context \}\)/,
    );
  });
});

describe("exact values of files", () => {
  test("a CSV is read by the rules of readCsv, not from a sample", async () => {
    const { schema } = await query("FROM 'data/codes.csv'");
    expect(schema).toEqual([
      { name: "code", type: "string" },
      { name: "n", type: "integer" },
    ]);
  });

  test("options of read_csv are those of readCsv", async () => {
    const sql = "FROM read_csv('data/german.csv', delim = ';', decimal_separator := ',')";
    assertFrame(await query(sql), { name: ["x"], value: [1.5] });
    const missing = "FROM read_csv('data/codes.csv', nullstr = ['NA', ''])";
    assertFrame(await query(missing), { code: ["007", "0x1", null], n: [1, null, 3] });
  });

  test("JSON is read by readJson, lists within it as texts", async () => {
    const sql = "SELECT id, code, tags->>'$[1]' AS second FROM 'data/rows.jsonl'";
    assertFrame(await query(sql), { id: [9007199254740993n], code: ["007"], second: ["b"] });
    assertFrame(await query("SELECT code FROM read_json('data/rows.jsonl')"), { code: ["007"] });
  });

  test("Arrow is read by readArrow", async () => {
    assertFrame(await query("FROM 'data/rows.arrow'"), { n: [1, 2] });
  });

  test("CSVs of a glob are one table where their types go together", async () => {
    const days = { day: ["2026-01-01", "2026-01-02"], n: [1, 1.5], note: [null, "late"] };
    assertFrame(await query("FROM read_csv('data/days/*.csv')"), days);
  });

  test("NaN in Parquet of other tools is found by filters and aggregates", async () => {
    const sql = `SELECT count(*) FILTER (x > 100) AS doubles, count(*) FILTER (f > 100) AS floats,
      count(*) FILTER (s.x > 100) AS nested, max(x) AS greatest FROM 'data/nan.parquet'`;
    const found = { doubles: [1], floats: [1], nested: [1], greatest: [Number.NaN] };
    assertFrame(await query(sql), found);
    for (const where of ["x > 100", "f > 100", "s.x > 100", "l[1] > 100"]) {
      const counted = `SELECT count(*) AS n FROM read_parquet('data/nan.parquet') WHERE ${where}`;
      assertFrame(await query(counted), { n: [1] });
    }
  });

  test("names of folders are texts", async () => {
    const sql = "FROM read_parquet('data/by/*/*.parquet')";
    assertFrame(await query(sql), { n: [1], region: ["007"] });
  });

  test("a column that not all files have is missing where that is asked for", async () => {
    const sql = "FROM read_parquet('data/wider/*.parquet', union_by_name = true) ORDER BY n";
    assertFrame(await query(sql), { n: [1, 2], s: [null, "kept"] });
  });

  test.each([
    [
      "numbers that would be rounded",
      "read_parquet('data/odd/*.parquet')",
      /column "n".*two types/,
    ],
    [
      "columns that would be dropped",
      "read_parquet('data/wider/*.parquet')",
      /column "s".*union_by_name/,
    ],
    ["texts among numbers", "read_csv('data/unlike/*.csv')", /column "n".*integer and string/],
  ])("%s in several files are refused", async (_, table, message) => {
    await expect(query(`SELECT *\nFROM ${table}`)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      place: { line: 2, column: 6 },
    });
  });
});

describe("what a query may not reach", () => {
  test.each([
    ["a file above the project", "FROM '../x.csv'", /within the project's folder/],
    ["an absolute path", "FROM read_text('/etc/passwd')", /within the project's folder/],
    ["a folder of the user", "FROM '~/x.csv'", /within the project's folder/],
    ["the runtime's own files", "FROM '.hex/store/x.csv'", /in `.hex`.*is never data/],
    ["the network", "FROM 'https://localhost:9/x.parquet'", /no network/],
    ["a bucket", "FROM read_parquet('s3://bucket/x.parquet')", /no network/],
    ["a computed name", "FROM read_csv('data/' || $name)", /names its files in place/],
    [
      "a computed option",
      "FROM read_parquet('data/parts/1.parquet', filename = $name)",
      /written out/,
    ],
    ["a query in a text", "FROM query('SELECT 1')", /write the query itself/],
    ["a table in a text", "FROM query_table('planets')", /write the name of the table/],
    ["a listing", "FROM glob('data/*')", /name the files by the glob itself/],
    ["an option of JSON", "FROM read_json('data/x.json', sample_size = 10)", /without options/],
    ["an unknown option of CSV", "FROM read_csv('data/codes.csv', sample_size = 10)", /readCsv/],
    ["a file of another kind", "FROM 'data/x.docx'", /whose ending tells how it is read/],
    ["a path without quotes", "FROM data.parquet", /write 'data.parquet'/],
    ["several objects of the store", "FROM 'store:raw/*.parquet'", /one object of the store/],
  ])("%s is refused before anything runs", async (_, sql, message) => {
    const reading = readSqlReferences(sql);
    await expect(reading).rejects.toMatchObject({ code: "HEX_CELL_INVALID" });
    await expect(reading).rejects.toThrow(message);
  });

  test.each([
    "FROM parquet_metadata('data/flights.parquet')",
    "FROM parquet_schema('/etc/passwd')",
    "FROM duckdb_secrets()",
    "SELECT * FROM duckdb_extensions()",
    "FROM parquet_file_metadata('https://localhost:9/x')",
  ])("DuckDB itself opens nothing else: %s", async (sql) => {
    await expect(query(sql)).rejects.toMatchObject({
      code: "HEX_CELL_FAILED",
      message: expect.stringMatching(/Permission Error.*reads only the files that it names/s),
    });
  });

  test.each([
    "COPY (SELECT 1) TO 'x.csv'",
    "ATTACH 'x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "PRAGMA database_list",
    "EXPORT DATABASE 'x'",
  ])("only a SELECT is run: %s", async (sql) => {
    await expect(query(sql)).rejects.toMatchObject({ code: "HEX_CELL_INVALID" });
    await expect(query(`SELECT 1; ${sql}`)).rejects.toMatchObject({ code: "HEX_CELL_INVALID" });
  });

  test("a file that is not there is told with its place", async () => {
    const reading = query("SELECT *\nFROM   'data/none.parquet'");
    await expect(reading).rejects.toMatchObject({
      message: expect.stringContaining("Expected 'data/none.parquet' in the query to be a file"),
      place: { line: 2, column: 8 },
    });
  });
});

describe("a heavy query", () => {
  const endless =
    "SELECT count(*) FROM range(1000000) a(i), range(10000000) b(j) WHERE (i * j) % 7 = 8";

  test("stops when it is cancelled, and leaves no folder behind", async () => {
    const controller = new AbortController();
    const before = await ownFolders();
    const running = query(endless, { signal: controller.signal, isHeavy: true });
    await until(async () => (await ownFolders()).length > before.length);
    controller.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
    expect(await ownFolders()).toEqual(before);
  });

  test("lets go of its turn when it is cancelled", async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const running = query(endless, { signal: first.signal, isHeavy: true });
    const waiting = query(endless, { signal: second.signal, isHeavy: true });
    const last = query("SELECT 1 AS n", { isHeavy: true });
    second.abort(new Error("not needed"));
    await expect(waiting).rejects.toThrow("not needed");
    first.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
    assertFrame(await last, { n: [1] });
  });

  test("goes to the disk when it is larger than the memory that it may take", async () => {
    const sql = `SELECT length(text) AS n
      FROM (SELECT repeat('x', 200) || i AS text FROM range(1000000, 1800000) t(i)) ORDER BY text`;
    const running = query(sql, { isHeavy: true, memoryBytes: 100e6 });
    let spilled = 0;
    const isOver = running.then(
      () => true,
      () => true,
    );
    const isNotYet = () => new Promise<false>((resolve) => setImmediate(resolve, false));
    while (!(await Promise.race([isOver, isNotYet()]))) {
      const [folder = ""] = await ownFolders();
      const files = await readdir(join(tmpdir(), folder, "spilled")).catch(() => []);
      spilled = Math.max(spilled, files.length);
    }
    expect((await running).numRows).toBe(800_000);
    expect(spilled).toBeGreaterThan(0);
    expect(await ownFolders()).toEqual([]);
  });

  test("that finds no room tells what to do", async () => {
    const sql = "SELECT list(i) AS all FROM range(30000000) t(i)";
    await expect(query(sql, { memoryBytes: 30e6 })).rejects.toThrow(
      /^Expected the query to find room in half of the run's memory.*raise `runs.memory`/,
    );
  });

  test("tells how far it is", async () => {
    const controller = new AbortController();
    const told: number[] = [];
    const onProgress = (fraction: number) => {
      told.push(fraction);
      controller.abort(new Error("enough"));
    };
    const sql = "SELECT max(sha256(i::VARCHAR)) AS greatest FROM 'data/long.parquet'";
    await writeParquet({ "data/long.parquet": "SELECT i FROM range(3000000) t(i)" });
    const running = query(sql, { signal: controller.signal, onProgress });
    await expect(running).rejects.toThrow("enough");
    expect(told[0]).toBeGreaterThan(0);
    expect(told[0]).toBeLessThan(1);
  });
});

/** Folders of queries of this process. */
async function ownFolders(): Promise<readonly string[]> {
  const names = await readdir(tmpdir());
  return names.filter((name) => name.startsWith("hex-query-") && name.includes(`-${process.pid}-`));
}

/** Waits until something is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate);
}

test("a folder of a process that was killed is removed by the next one", async () => {
  const { removeLeftovers } = await import("../../src/frame/duckdb/query-folder.ts");
  const [own = ""] = await withFolderName();
  const left = join(tmpdir(), own.replace(`-${process.pid}-`, "-999999999-"));
  await mkdir(left);
  await removeLeftovers();
  await expect(access(left)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a query goes on where no folder can be made, and is refused when it needs one", async () => {
  vi.stubEnv("TMPDIR", "/dev/null/nothing");
  try {
    assertFrame(await queryFrames("SELECT 1 AS a", {}, {}), { a: [1] });
    const large = "SELECT i, hash(i)::VARCHAR AS h FROM range(1000000) t(i) ORDER BY h";
    const running = queryFrames(large, {}, {}, { memoryBytes: 20e6 });
    await expect(running).rejects.toThrow(/Failed to create directory "\/dev\/null\/nothing/);
  } finally {
    vi.unstubAllEnvs();
  }
});

async function withFolderName(): Promise<readonly string[]> {
  const { withQueryFolder } = await import("../../src/frame/duckdb/query-folder.ts");
  return withQueryFolder(ownFolders);
}

test("tables of frames come before files of the same name", async () => {
  const table = frame([{ a: 1 }]);
  assertFrame(await queryFrames(`FROM "x.csv"`, { "x.csv": table }, {}), { a: [1] });
});
