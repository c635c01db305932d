import { describe, expect, it } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { multiselect } from "../../src/cell/input.ts";
import { inMemoryCells } from "./in-memory-cells.ts";
import { runInMemory } from "./run-in-memory.ts";

/** A cell that gets what stands above it, and others that get the same. */
function changing(value: unknown, change: (value: never) => unknown) {
  return inMemoryCells({
    first: { is: cell(() => 1) },
    value: { is: cell(() => value) },
    changes: {
      after: ["first", "value"],
      is: cell({}, (values) => change((values as { value: never }).value)),
    },
    neighbour: {
      after: ["value", "first"],
      is: cell({}, (values) => JSON.stringify((values as { value: unknown }).value)),
    },
  });
}

async function told(cells: ReturnType<typeof inMemoryCells>) {
  const { cells: ended } = await runInMemory(cells);
  return Object.fromEntries(ended.map(({ name, error, output }) => [name, error ?? output]));
}

interface Given {
  list: number[];
  n?: number;
  deep: { a: number };
}

const given = (): Given => ({ list: [3, 1, 2], n: 1, deep: { a: 1 } });

describe("what a cell is handed", () => {
  it.each<[string, (value: Given) => unknown]>([
    ["adds to a list", ({ list }) => list.push(99)],
    ["takes from a list", ({ list }) => list.pop()],
    ["shifts a list", ({ list }) => list.shift()],
    ["sorts a list", ({ list }) => list.sort()],
    ["writes beyond a list's end", ({ list }) => Object.assign(list, { 9: 1 })],
    ["overwrites a property", (value) => Object.assign(value, { n: 2 })],
    ["adds a property", ({ deep }) => Object.assign(deep, { b: 2 })],
    [
      "removes a property",
      (value) => {
        delete value.n;
      },
    ],
    ["defines a property", ({ deep }) => Object.defineProperty(deep, "a", { value: 2 })],
  ])("is not changed by a cell that %s: the cell fails, and names it", async (_, change) => {
    const ended = await told(changing(given(), change));
    expect(ended["changes"]).toEqual({
      code: "HEX_CELL_FAILED",
      message:
        "Expected cell changes (cells/changes.ts) to leave what it is handed as it is, got a change of value (change a copy: `structuredClone(value)`)",
    });
    expect(ended["neighbour"]).toEqual({ kind: "value", value: JSON.stringify(given()) });
  });

  it("can be an input's list", async () => {
    const cells = inMemoryCells({
      chosen: { is: multiselect({ options: ["a", "b"], default: ["a"] }) },
      changes: {
        after: ["chosen"],
        is: cell({}, (values) => (values as unknown as { chosen: string[] }).chosen.push("b")),
      },
    });
    expect(await told(cells)).toMatchObject({
      changes: { message: expect.stringContaining("got a change of chosen (") },
    });
  });

  it("is named together with what else it may be", async () => {
    const cells = inMemoryCells({
      one: { is: cell(() => [1, 2]) },
      two: { is: cell(() => ({ rows: [[3, 4]] })) },
      other: { is: cell(() => [1]) },
      changes: {
        after: ["one", "two", "other"],
        is: cell({}, (values) => (values as unknown as { one: number[] }).one.pop()),
      },
    });
    expect(await told(cells)).toMatchObject({
      changes: { message: expect.stringContaining("got a change of one or two (") },
    });
  });

  it("is each cell's own where it cannot be frozen", async () => {
    const ended = await told(
      changing({ days: [new Date(0)] }, ({ days }: { days: Date[] }) => {
        days[0]?.setFullYear(1999);
        return "changed";
      }),
    );
    expect(ended["changes"]).toEqual({ kind: "value", value: "changed" });
    const untouched = JSON.stringify({ days: [new Date(0)] });
    expect(ended["neighbour"]).toEqual({ kind: "value", value: untouched });
  });

  it("leaves failures alone that are about something else", async () => {
    const own = Object.freeze({ own: 1 });
    const ended = await told(changing(given(), () => Object.assign(own, { own: 2 })));
    expect(ended["changes"]).toMatchObject({
      message: expect.stringContaining("TypeError: Cannot assign to read only property 'own'"),
    });
  });

  it("is not frozen when no cell is handed it", async () => {
    const value = given();
    const cells = inMemoryCells({ value: { is: cell(() => value) } });
    await runInMemory(cells);
    expect(Object.isFrozen(value)).toBe(false);
  });

  it("reaches a heavy cell under the same rule", async () => {
    const cells = inMemoryCells({
      rows: { is: cell(() => [{ a: 1 }]) },
      heavy: {
        after: ["rows"],
        is: cached("heavy", (values) => {
          const { rows } = values as unknown as { rows: { a: number }[] };
          for (const row of rows) row.a = 2;
          return rows;
        }),
      },
    });
    expect(await told(cells)).toMatchObject({
      heavy: { message: expect.stringContaining("got a change of rows (") },
    });
  });
});
