import { describe, expect, it } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { date, slider } from "../../src/cell/input.ts";
import { frame } from "../../src/frame/rows.ts";
import { publish } from "../../src/store/publication.ts";
import { openVersion } from "../../src/store/version.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { inMemoryCells } from "./in-memory-cells.ts";
import { type InMemoryRun, runInMemory } from "./run-in-memory.ts";

/** Orders of a day, which is today unless somebody asks for another. */
function orders(today: string, written: object = {}) {
  return inMemoryCells({
    day: { is: date({}, () => ({ default: today, ...written })) },
    orders: {
      after: ["day"],
      key: ["day"],
      is: cached("orders", (values) => frame([{ day: (values as { day: string }).day }])),
    },
    show: {
      after: ["orders", "day"],
      is: cell({}, (values) => {
        const { day, orders: rows } = values as unknown as {
          day: string;
          orders: { rows(): unknown };
        };
        return `asked ${day}, have ${JSON.stringify(rows.rows())}`;
      }),
    },
  });
}

const app = { context: "app" } as const;

async function shown(cells: ReturnType<typeof inMemoryCells>, options: InMemoryRun) {
  const { cells: ended } = await runInMemory(cells, options);
  const { output, error } = ended.find(({ name }) => name === "show") ?? {};
  const failed = ended.find((each) => each.error !== undefined);
  return output?.kind === "value" ? output.value : (error ?? failed?.error)?.message;
}

describe("a default that moves on", () => {
  it("stays in every run that reads, as the publishing run found it", async () => {
    const store = new MemoryStore();
    await runInMemory(orders("2026-11-29"), { store });
    const later = orders("2026-12-01");
    const read = 'asked 2026-11-29, have [{"day":"2026-11-29"}]';
    expect(await shown(later, { store, ...app })).toBe(read);
    expect(await shown(later, { store, ...app, inputs: { day: "2026-11-29" } })).toBe(read);
    expect(await shown(later, { store, ...app, inputs: { day: "2026-12-01" } })).toContain(
      "Expected frame orders/day-2026-12-01.",
    );
  });

  it("is found anew by a run that may publish, which keeps the other day beside it", async () => {
    const store = new MemoryStore();
    await runInMemory(orders("2026-11-29"), { store });
    const today = 'asked 2026-12-01, have [{"day":"2026-12-01"}]';
    expect(await shown(orders("2026-12-01"), { store })).toBe(today);
    expect(await shown(orders("2026-12-02"), { store, ...app })).toBe(today);
    const asked = { store, ...app, inputs: { day: "2026-11-29" } };
    expect(await shown(orders("2026-12-02"), asked)).toContain('have [{"day":"2026-11-29"}]');
  });

  it("is the recorded one no more when the widget no longer allows it", async () => {
    const store = new MemoryStore();
    await runInMemory(orders("2026-11-29"), { store });
    const bounded = orders("2026-12-01", { min: "2026-12-01" });
    expect(await shown(bounded, { store, ...app })).toContain("orders/day-2026-12-01.");
  });

  it("is the recorded one no more when its code has changed", async () => {
    const store = new MemoryStore();
    await runInMemory(orders("2026-11-29"), { store });
    const { cells, ...later } = orders("2026-12-01");
    const changed = cells.map((each) => ({ ...each, codeHash: "another" }));
    const shownNow = await shown({ ...later, cells: changed }, { store, ...app });
    expect(shownNow).toContain("orders/day-2026-12-01.");
  });
});

describe("frames that earlier releases published with default inputs", () => {
  const fixed = () =>
    inMemoryCells({
      limit: { is: slider({ min: 0, max: 10 }) },
      people: { after: ["limit"], key: ["limit"], is: cached("people", () => frame([{ n: 1 }])) },
      show: {
        after: ["people"],
        is: cell(
          {},
          (values) => (values as unknown as { people: { numRows: number } }).people.numRows,
        ),
      },
    });

  async function published(state: object | undefined) {
    const store = new MemoryStore();
    const rows = frame([{ n: 1 }, { n: 2 }]);
    await publish(store, {
      runId: "old",
      attempt: 1,
      context: "logic",
      inputs: {},
      codeHash: "",
      keepVersions: 10,
      keepMs: 0,
      conditions: "required",
      frames: new Map([
        [
          "people",
          {
            frame: rows as never,
            cell: "people",
            codeHash: "",
            computedAt: "2026-01-01T00:00:00.000Z",
            ...(state === undefined ? {} : { state: state as never }),
          },
        ],
      ]),
    });
    return store;
  }

  it("are read under the names that they had", async () => {
    const store = await published(undefined);
    expect(await shown(fixed(), { store, ...app })).toBe(2);
    await runInMemory(fixed(), { store });
    expect(await shown(fixed(), { store, ...app })).toBe(1);
  });

  it("are no frames of today's: those have other names", async () => {
    const store = await published({ code: "", data: "", inputs: {}, secrets: "", frames: {} });
    expect(await shown(fixed(), { store, ...app })).toContain("Expected frame people/limit-0.");
    expect([...(await openVersion(store)).frames().keys()]).toEqual(["people"]);
  });
});
