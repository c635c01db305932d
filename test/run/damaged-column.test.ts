import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { frame } from "../../src/frame/rows.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";
import { inMemoryCells } from "./in-memory-cells.ts";
import { runInMemory } from "./run-in-memory.ts";

const ROWS = 140_000;

it("an app run that comes upon a damaged column half-way answers from the version before", async () => {
  const folder = await temporaryFolder();
  const store = new DirectoryStore(folder);
  await runInMemory(toCells(1), { store });
  await runInMemory(toCells(2), { store });
  await damageNewest(folder);
  const lines: string[] = [];
  const result = await runInMemory(toCells(2), {
    store,
    context: "app",
    emit: (event) => event.type === "line-logged" && lines.push(event.line),
  });
  expect(result.status).toBe("completed");
  expect(result.cells.find(({ name }) => name === "total")?.output).toMatchObject({
    value: (ROWS * (ROWS - 1)) / 2,
  });
  expect(lines).toContainEqual(expect.stringMatching(/the cells run once more$/));
  expect(lines).toContainEqual(expect.stringMatching(/of version 1 .* is served instead$/));
});

/** A large frame of one content or another, and a cell that catches whatever it comes upon. */
function toCells(factor: number) {
  const rows = Array.from({ length: ROWS }, (_, id) => {
    return { id, amount: id * factor, weight: id / 8, price: id / 16 };
  });
  const sales = cached("sales", () => frame(rows));
  const total = cell({ sales }, ({ sales: each }) => {
    try {
      return each.column("amount").reduce((sum, amount) => sum + amount, 0);
    } catch {
      return 0;
    }
  });
  return inMemoryCells({ sales: { is: sales }, total: { after: ["sales"], is: total } });
}

/** Changes a byte of the amounts in both files of the newest version's frame. */
async function damageNewest(folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, ".hex/manifest.json"), "utf8"));
  const { arrow, csv } = manifest.commits[0].frames.sales;
  for (const [key, place] of [
    [arrow.key, 12 * ROWS],
    [csv.key, 200],
  ] as const) {
    const path = join(folder, key);
    const body = await readFile(path);
    body[place] = Number(body[place]) ^ 1;
    await rm(path);
    await writeFile(path, body);
  }
}
