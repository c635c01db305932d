import { expect, it } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { toGraph } from "../../src/cell/graph.ts";
import { slider } from "../../src/cell/input.ts";
import { planRun, restrictPlan } from "../../src/cell/plan.ts";
import { inMemoryCells } from "../run/in-memory-cells.ts";

const input = () => slider({ min: 0, max: 9 });
const { cells } = inMemoryCells({
  wait: { is: input() },
  region: { is: input() },
  sales: { after: ["wait", "region"], key: ["region"], is: cached("sales", () => []) },
  least: { is: input() },
  large: { after: ["sales", "least"], is: cell(() => 1) },
  count: { after: ["large"], is: cell(() => 1) },
  other: { after: ["sales"], is: cell(() => 1) },
});
const plan = planRun(toGraph(cells), { context: "app", computeIn: ["logic"] });

it.each([
  [["count"], ["region", "sales", "least", "large", "count"]],
  [
    ["sales", "least"],
    ["region", "sales", "least"],
  ],
  [["wait", "no such cell"], ["wait"]],
  [[], []],
])("a plan of %j has what they wait for, in running order", (asked, kept) => {
  const restricted = restrictPlan(plan, asked);
  expect(restricted.cells.map(({ name }) => name)).toEqual(kept);
  expect(restricted).toMatchObject({ context: "app", computeIn: ["logic"] });
  expect(restricted.cells.every((each) => plan.cells.includes(each))).toBe(true);
});
