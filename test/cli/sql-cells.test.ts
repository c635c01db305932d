import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeParquet } from "../../src/frame/parquet/write-parquet.ts";
import { frame } from "../../src/frame/rows.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { hex, hexJson, statusesOf } from "./hex.ts";

/** A heavy query over a file and an input, one over an object of the store, and a light cell. */
const FILES = {
  "hex.config.json": JSON.stringify({ name: "Shop" }),
  "data/orders.csv": "region,amount\nEU,10\nUS,20\nEU,0x1\n",
  ".hex/store/raw/stock.csv": "region,stock\nEU,7\n",
  "cells/01-region.ts": `import { dropdown } from "hex-runtime";
export default dropdown({ options: ["EU", "US"], default: "EU" });`,
  "cells/02-orders.sql": `-- cached: orders
-- key: region
-- max-age: 24h
SELECT o.region, amount, weight
FROM 'data/orders.csv' o JOIN 'data/weights.parquet' w USING (region)
WHERE o.region = $region`,
  "cells/03-stock.sql": "-- cached: stock\nFROM 'store:raw/stock.csv'",
  "cells/04-shown.ts": `import { cell } from "hex-runtime";
import orders from "./02-orders.sql";
export default cell({ orders }, ({ orders }) => orders.numRows);`,
};

async function makeShop() {
  const { directory, write } = await makeProject(FILES);
  const weights = [
    { region: "EU", weight: 0.5 },
    { region: "US", weight: 2 },
  ];
  await writeParquet(frame(weights), join(directory, "data/weights.parquet"));
  const run = (...flags: string[]) => hexJson(["run", "--project", directory, ...flags]);
  return { directory, write, run };
}

it("publishes a cached query in a logic run and reads it back in others, each variant by its key", async () => {
  const { directory, run } = await makeShop();
  const app = (...flags: string[]) => run("--context", "app", ...flags);
  expect((await app()).result.error).toMatchObject({ code: "HEX_NOT_COMPUTED" });
  const logic = await run();
  expect(logic.result).toMatchObject({ status: "completed", version: 1 });
  expect((await app()).result.cells.find(({ name }) => name === "orders")).toMatchObject({
    status: "read",
    output: { kind: "frame", rows: 2, head: [{ region: "EU", amount: "10", weight: 0.5 }, {}] },
  });
  expect((await run("--input", "region=US")).result).toMatchObject({ version: 2 });
  const us = await app("--input", "region=US");
  expect(us.result.cells.find(({ name }) => name === "orders")?.output).toMatchObject({
    head: [{ region: "US", amount: "20", weight: 2 }],
  });
  const declared = await readFile(join(directory, ".hex/cells.d.ts"), "utf8");
  expect(declared).toContain('declare module "*/02-orders.sql"');
  expect(declared).toContain('readonly "weight": number | null');
  const plan = await hex(["run", "--context", "app", "--plan", "--project", directory]);
  expect(plan.stdout).toMatch(/orders +read +app runs read what was published \(orders\)/);
});

it("computes a query anew when a file that it names has changed, or when it reads the store", async () => {
  const { run, write } = await makeShop();
  await run();
  const same = await run("--changed");
  expect(statusesOf(same.result)).toMatchObject({ orders: "kept", stock: "computed" });
  await write("data/orders.csv", "region,amount\nEU,11\n");
  const after = await run("--changed");
  expect(statusesOf(after.result)).toMatchObject({ orders: "computed" });
  const csv = after.result.cells.find(({ name }) => name === "orders")?.csv;
  expect(csv?.[0]).toMatchObject({ rows: 1, columns: [{ name: "region" }, { name: "amount" }] });
});

it("tells a failing query at its line and column, and a file that is missing", async () => {
  const { run, write } = await makeShop();
  await write(
    "cells/03-stock.sql",
    "-- cached: stock\nSELECT region,\n  stok FROM 'store:raw/stock.csv'",
  );
  const failed = await run();
  expect(failed.exitCode).toBe(1);
  expect(failed.result.cells.find(({ name }) => name === "stock")?.error?.message).toMatch(
    /^cells\/03-stock.sql:3:3: Binder Error: Referenced column "stok" not found.*"stock"/,
  );
  await write("cells/03-stock.sql", "-- cached: stock\nFROM 'data/none.csv'");
  const missing = (await run()).result.cells.find(({ name }) => name === "stock")?.error;
  expect(missing?.message).toMatch(
    /^cells\/03-stock.sql:2:6: Expected 'data\/none.csv' in the query/,
  );
});

it("spills a query that is larger than the run's memory to the disk, and leaves nothing behind", async () => {
  const { directory, write } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Big", runs: { memory: "1GB" } }),
    "cells/1-big.sql": `-- cached: big
SELECT count(*) AS rows, max(text) AS last FROM (
  SELECT i, repeat('x', 100) || hash(i) AS text FROM range(8000000) t(i) ORDER BY hash(i)
) WHERE i >= 0`,
  });
  const folder = join(directory, "temporary");
  await write("temporary/kept", "");
  const { result } = await hexJson(["run", "--project", directory], { env: { TMPDIR: folder } });
  expect(result).toMatchObject({ status: "completed" });
  const { readdir } = await import("node:fs/promises");
  expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/^hex-query-/));
});
