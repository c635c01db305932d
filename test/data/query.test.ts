import { expect, test } from "vitest";
import { query } from "../../src/data/query.ts";
import { frame } from "../../src/frame/rows.ts";
import { assertFrame } from "../frame/assert-frame.ts";

const sales = frame([
  { city: "Ulm", total: 3, day: "2026-01-31" },
  { city: "Bonn", total: 4, day: "2026-02-01" },
]);

test("runs over frames and rows, with values and lists as parameters", async () => {
  const sql = `SELECT city, area FROM sales JOIN areas USING (city)
    WHERE city IN $cities AND total >= $least ORDER BY city`;
  const areas = [
    { city: "Bonn", area: 141 },
    { city: "Ulm", area: 118 },
  ];
  const parameters = { cities: ["Ulm", "Bonn"], least: 3 };
  const result = await query(sql, { tables: { sales, areas }, parameters });
  assertFrame(result, { city: ["Bonn", "Ulm"], area: [141, 118] });
});

test("reads files below the folder in which the process runs", async () => {
  const result = await query("SELECT count(*) AS planets FROM 'data/planets.csv'");
  assertFrame(result, { planets: [1_035] });
});

test("reads objects of the store that the cell's context has, and tells its progress", async () => {
  const asked: string[] = [];
  const url = (name: string) => {
    asked.push(name);
    return {
      name,
      open: async function* () {
        yield Buffer.from("a\n1\n");
      },
    };
  };
  const context = { signal: new AbortController().signal, progress: () => {}, store: { url } };
  assertFrame(await query("FROM 'store:raw/x.csv'", { context: context as never }), { a: [1] });
  expect(asked).toEqual(["raw/x.csv"]);
});

test("a signal stops it", async () => {
  const controller = new AbortController();
  const sql =
    "SELECT count(*) FROM range(1000000) a(i), range(10000000) b(j) WHERE (i * j) % 7 = 8";
  const running = query(sql, { signal: controller.signal });
  setImmediate(() => controller.abort(new Error("stopped")));
  await expect(running).rejects.toThrow("stopped");
});

test("a failure tells the line and the column of the query", async () => {
  const failing = query("SELECT city,\n  colour\nFROM sales", { tables: { sales } });
  await expect(failing).rejects.toThrow(
    /^line 2, column 3 of the query: Binder Error: Referenced column "colour" not found/,
  );
});

test("a table that nobody has handed over is refused, with what there is", async () => {
  const asking = query("FROM moons", { tables: { sales } });
  await expect(asking).rejects.toThrow(
    "Expected table moons of the query to be one of the tables that it is handed, got sales",
  );
});

test("what is no table is refused by its name", async () => {
  await expect(query("FROM sales", { tables: { sales: 3 } })).rejects.toThrow(
    "Expected table sales of the query to be a frame, rows or a danfo DataFrame, got number",
  );
});
