import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { frame } from "../../src/frame/rows.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";
import { inMemoryCells } from "./in-memory-cells.ts";
import { runInMemory } from "./run-in-memory.ts";

/** Few rows of long texts, which are quickly made. */
const ROWS = 2_000;
const TEXT = "x".repeat(2_500);

it("an app run that comes upon a damaged column half-way answers from the version before", async () => {
  const folder = await temporaryFolder();
  const store = new DirectoryStore(folder);
  await runInMemory(toCells("first"), { store });
  await runInMemory(toCells("second"), { store });
  await damageNewest(folder);
  const lines: string[] = [];
  const result = await runInMemory(toCells("second"), {
    store,
    context: "app",
    emit: (event) => event.type === "line-logged" && lines.push(event.line),
  });
  expect(result.status).toBe("completed");
  const shown = result.cells.find(({ name }) => name === "word");
  expect(shown?.output).toMatchObject({ value: "first" });
  expect(lines).toContainEqual(expect.stringMatching(/the cells run once more$/));
  expect(lines).toContainEqual(expect.stringMatching(/of version 1 .* is served instead$/));
});

/** A large frame that tells a word, and a cell that catches whatever it comes upon. */
function toCells(word: string) {
  const rows = Array.from({ length: ROWS }, (_, id) => ({ id, text: `${word} ${id} ${TEXT}` }));
  const sales = cached("sales", () => frame(rows));
  const told = cell({ sales }, ({ sales: each }) => {
    try {
      return each.column("text")[ROWS - 1]?.split(" ")[0];
    } catch {
      return "nothing";
    }
  });
  return inMemoryCells({ sales: { is: sales }, word: { after: ["sales"], is: told } });
}

/** Changes a byte of the texts in both files of the newest version's frame. */
async function damageNewest(folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, ".hex/manifest.json"), "utf8"));
  const { arrow, csv } = manifest.commits[0].frames.sales;
  for (const { key } of [arrow, csv]) {
    const path = join(folder, key);
    const body = await readFile(path);
    const place = body.length >> 1;
    body[place] = Number(body[place]) ^ 1;
    await rm(path);
    await writeFile(path, body);
  }
}
