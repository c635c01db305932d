import { expect, it } from "vitest";
import { cached } from "../../src/cell/cell.ts";
import { inMemoryCells } from "./in-memory-cells.ts";
import { runInMemory } from "./run-in-memory.ts";

class DriverRow {
  readonly a = 1;
}

const run = async (is: unknown) => {
  const result = await runInMemory(inMemoryCells({ heavy: { is } }));
  const [cell] = result.cells;
  return cell?.error?.message ?? cell?.output;
};

it("takes an empty list for a frame of no rows where the cell has a schema, and says so where it has none", async () => {
  const schema = { day: "date", total: "number" } as const;
  expect(await run(cached("heavy", () => [], { schema }))).toMatchObject({
    rows: 0,
    columns: [
      { name: "day", type: "date" },
      { name: "total", type: "number" },
    ],
  });
  expect(await run(cached("heavy", () => []))).toMatch(
    "to be a frame, rows or a danfo DataFrame, got an empty list (with a schema in its options it is a frame of no rows)",
  );
});

it("tells which row of a list is no plain object", async () => {
  expect(await run(cached("heavy", () => [{ a: 1 }, new DriverRow()] as object[]))).toMatch(
    "got a list whose row 2 is an object (rows are plain objects: rows.map((row) => ({ ...row })))",
  );
});
