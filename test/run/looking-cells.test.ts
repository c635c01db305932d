import { expect, it } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { frame } from "../../src/frame/rows.ts";
import { openVersion } from "../../src/store/version.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { inMemoryCells } from "./in-memory-cells.ts";
import { runInMemory } from "./run-in-memory.ts";

it("tells with what cells show which have looked at more than what they were handed", async () => {
  const store = new MemoryStore();
  const rows = () => frame([{ n: 1 }]);
  const cells = inMemoryCells({
    plain: { is: cell((_, { log }) => log("seen")) },
    asks: { is: cell((_, { runContext }) => runContext) },
    writes: { is: cell((_, context) => context.store.writeFrame("written", rows())) },
    reads: { is: cell((_, context) => context.store.readFrame("none").catch(() => "nothing")) },
    heavy: { is: cached("heavy", (_, { runContext }) => frame([{ runContext }])) },
  });
  await runInMemory(cells, { store });
  const bytes = await (await openVersion(store)).readOutputs();
  const saved = JSON.parse(new TextDecoder().decode(bytes));
  const looks = saved.cells.map(({ name, looksAtContext }: Record<string, unknown>) => [
    name,
    looksAtContext,
  ]);
  expect(Object.fromEntries(looks)).toEqual({
    ...{ plain: false, asks: true, writes: true, reads: true, heavy: true },
  });
});
