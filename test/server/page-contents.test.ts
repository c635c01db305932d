import { expect, test } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { slider } from "../../src/cell/input.ts";
import { frame } from "../../src/frame/rows.ts";
import type { PageCell } from "../../src/page/page-state.ts";
import type { Config } from "../../src/project/config.ts";
import type { DescribedCell } from "../../src/project/project-description.ts";
import type { CellFingerprints } from "../../src/run/cell-fingerprints.ts";
import { toRedactor } from "../../src/run/redact/redactor.ts";
import { PageContents } from "../../src/server/page/page-contents.ts";
import { openVersion } from "../../src/store/version.ts";
import type { Described } from "../../src/work/described-project.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { inMemoryCells } from "../run/in-memory-cells.ts";
import { runInMemory } from "../run/run-in-memory.ts";

const cells = inMemoryCells({
  days: { is: slider({ min: 0, max: 9, step: 1, default: 1 }) },
  planets: {
    after: ["days"],
    is: cached("planets", (values) => frame([{ days: (values as { days: number }).days }])),
  },
  most: { after: ["days", "planets"], is: cell({}, () => 5) },
  plain: { after: ["days"], is: cell({}, () => "as ever") },
});
const ground = { code: "", data: "", secrets: "" };
const grounds: CellFingerprints = new Map(cells.cells.map(({ name }) => [name, ground]));

const described = {
  cells: cells.cells.map(
    (each): DescribedCell => ({
      ...{ title: null, widget: null, frame: null, computeIn: ["logic"], keyInputs: null },
      ...{ maxAgeMs: null, data: "", source: "" },
      ...each,
    }),
  ),
} as unknown as Described;

/** The cells of which a page need not ask anew what they show in the newest version. */
async function shownIn(store: MemoryStore, inputs: Readonly<Record<string, unknown>> = {}) {
  const page = { hide: [], embedIn: [], access: "token", layout: undefined };
  const config = {
    name: "Test",
    page,
    inputs: new Map(Object.entries(inputs)),
  } as unknown as Config;
  const contents = new PageContents({ config, redactor: toRedactor({}) }, () => undefined);
  const ready = await contents.read(await openVersion(store), described);
  const shown: readonly PageCell[] = JSON.parse(new TextDecoder().decode(ready.cells));
  return shown.filter(({ isOutdated }) => !isOutdated).map(({ name }) => name);
}

test("a page opens on what still holds after a run with other inputs has published", async () => {
  const store = new MemoryStore();
  await runInMemory(cells, { store, fingerprints: grounds });
  expect(await shownIn(store)).toEqual(["days", "planets", "most", "plain"]);
  await runInMemory(cells, { store, fingerprints: grounds, inputs: { days: 7 } });
  expect(await shownIn(store)).toEqual(["days", "plain"]);
});

test("a page does not open on what was published with other inputs than are configured", async () => {
  const store = new MemoryStore();
  await runInMemory(cells, { store, fingerprints: grounds });
  expect(await shownIn(store, { days: 1 })).toEqual(["days", "planets", "most", "plain"]);
  expect(await shownIn(store, { days: 2 })).toEqual([]);
});
