import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeParquet } from "../../src/frame/parquet/write-parquet.ts";
import { frame } from "../../src/frame/rows.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { hexJson, statusesOf } from "./hex.ts";

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

it("publishes a cached query in a logic run, reads it back in others, each variant by its key, and computes it anew when its files change", async () => {
  const { directory, write, run } = await makeShop();
  const app = (...flags: string[]) => run("--context", "app", ...flags);
  expect((await run()).result).toMatchObject({ status: "completed", version: 1 });
  expect(findCell(await app(), "orders")).toMatchObject({
    status: "read",
    output: { kind: "frame", rows: 2, head: [{ region: "EU", amount: "10", weight: 0.5 }, {}] },
  });
  const declared = await readFile(join(directory, ".hex/cells.d.ts"), "utf8");
  expect(declared).toContain('declare module "*/02-orders.sql"');
  expect(declared).toContain('readonly "weight": number | null');

  // What the store holds besides is followed by nobody, so it is read anew each time.
  const same = await run("--changed");
  expect(statusesOf(same.result)).toMatchObject({ orders: "kept", stock: "computed" });
  await write("data/orders.csv", "region,amount\nEU,11\nUS,12\n");
  const after = await run("--changed");
  expect(findCell(after, "orders")).toMatchObject({
    status: "computed",
    csv: [{ rows: 2, columns: [{ name: "region" }, { name: "amount" }] }],
  });

  expect((await run("--input", "region=US")).result).toMatchObject({ status: "completed" });
  expect(findCell(await app("--input", "region=US"), "orders")).toMatchObject({
    status: "read",
    output: { head: [{ region: "US", amount: 12, weight: 2 }] },
  });
});

it("tells a failing query at its line and column", async () => {
  const { run, write } = await makeShop();
  const query = "-- cached: stock\nSELECT region,\n  stok FROM 'store:raw/stock.csv'";
  await write("cells/03-stock.sql", query);
  const failed = await run();
  expect(failed.exitCode).toBe(1);
  expect(findCell(failed, "stock")?.error?.message).toMatch(
    /^cells\/03-stock.sql:3:3: Binder Error: Referenced column "stok" not found.*"stock"/,
  );
});

function findCell({ result }: Awaited<ReturnType<typeof hexJson>>, name: string) {
  return result.cells.find((cell) => cell.name === name);
}
