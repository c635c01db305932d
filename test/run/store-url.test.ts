import { expect, it } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { readCsv } from "../../src/frame/csv/read/read-csv.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { hexJson, statusesOf } from "../cli/hex.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { inMemoryCells } from "./in-memory-cells.ts";
import { runInMemory } from "./run-in-memory.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const SALES = "id,amount\n00123,1\n7,n/a\n";

async function storeWith(objects: Readonly<Record<string, string>>): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const [key, text] of Object.entries(objects)) await store.write(key, bytes(text));
  return store;
}

it("reads what another tool has written below the store, and tells at the cell what was decided", async () => {
  const store = await storeWith({ "raw/sales.csv": SALES });
  const cells = inMemoryCells({
    sales: { is: cell((_, context) => readCsv(context.store.url("raw/sales.csv"))) },
    other: { is: cell(() => 1) },
  });
  const events: RunEvent[] = [];
  const result = await runInMemory(cells, { store, emit: (event) => events.push(event) });
  const [sales, other] = result.cells;
  expect(sales).toMatchObject({
    status: "computed",
    output: { head: [{ id: "00123", amount: 1 }, { id: "7" }] },
    csv: [{ name: "`raw/sales.csv` in memory:test", rows: 2, columns: [{ name: "id" }, {}] }],
  });
  expect(other).not.toHaveProperty("csv");
  const lines = events.flatMap((event) => (event.type === "line-logged" ? event : []));
  expect(new Set(lines.map(({ name }) => name))).toEqual(new Set(["sales"]));
  const told = lines.map(({ line }) => line);
  expect(told[0]).toBe("`raw/sales.csv` in memory:test read as id string, amount integer; 2 rows");
  expect(told.slice(1)).toEqual([
    expect.stringMatching(/^column "id": string, since row 1 "00123"/),
    'column "amount": 1 value taken for missing: row 2 "n/a"',
  ]);
});

it("says so where there is no such object, and refuses what is no path below the store", async () => {
  const store = await storeWith({});
  const cells = inMemoryCells({
    missing: { is: cell((_, context) => readCsv(context.store.url("raw/sales.csv"))) },
    outside: { is: cell((_, context) => readCsv(context.store.url("../sales.csv"))) },
  });
  const { cells: told } = await runInMemory(cells, { store });
  expect(told.map(({ error }) => error?.message)).toEqual([
    expect.stringContaining(
      "Expected `raw/sales.csv` in memory:test to be an object that another tool has written, got nothing",
    ),
    expect.stringContaining("to be"),
  ]);
  expect(told[1]?.error?.message).toContain("../sales.csv");
});

it("refuses an object that is replaced between two readings of one URL", async () => {
  const store = await storeWith({ "raw/sales.csv": SALES });
  const cells = inMemoryCells({
    twice: {
      is: cell(async (_, context) => {
        const url = context.store.url("raw/sales.csv");
        await readCsv(url);
        await store.write("raw/sales.csv", bytes("id,amount\n1,1\n"));
        return readCsv(url);
      }),
    },
    anew: { is: cell((_, context) => readCsv(context.store.url("raw/sales.csv"))) },
  });
  const { cells: told } = await runInMemory(cells, { store });
  expect(told[0]?.error?.message).toContain("to be the same while it is read, got one that was");
  expect(told[1]?.status).toBe("computed");
});

it("lists in the log how many columns of each type a wide file has, and keeps them in the result", async () => {
  const names = Array.from({ length: 30 }, (_, index) => `c${index}`);
  const store = await storeWith({ "raw/wide.csv": `${names}\n${names.map((_, i) => i)}\n` });
  const cells = inMemoryCells({
    wide: { is: cached("wide", (_, context) => readCsv(context.store.url("raw/wide.csv"))) },
  });
  const lines: string[] = [];
  const emit = (event: RunEvent) => {
    if (event.type === "line-logged") lines.push(event.line);
  };
  const { cells: told } = await runInMemory(cells, { store, emit });
  expect(lines).toContain("`raw/wide.csv` in memory:test read as 30 columns: 30 integer; 1 row");
  expect(told[0]?.csv?.[0]?.columns).toHaveLength(30);
});

it("never takes for unchanged what was computed from an object that nobody follows", async () => {
  const { directory, write } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Sales", store: "file:data" }),
    "data/raw/sales.csv": "id\n1\n",
    "cells/01-raw.ts": `import { cell, readCsv } from "hex-runtime";
export default cell((_, { store }) => readCsv(store.url("raw/sales.csv")));`,
    "cells/02-sales.ts": `import { cached } from "hex-runtime";
import raw from "./01-raw.ts";
export default cached("sales", { raw }, ({ raw }) => raw);`,
    "cells/03-still.ts": `import { cached } from "hex-runtime";
export default cached("still", () => [{ n: 1 }]);`,
  });
  const run = () => hexJson(["run", "--changed", "--project", directory]);
  await run();
  await write("data/raw/sales.csv", "id\n1\n2\n");
  const { result } = await run();
  expect(statusesOf(result)).toMatchObject({ sales: "computed", still: "kept" });
  expect(result.cells[1]).toMatchObject({ output: { rows: 2 } });
});
