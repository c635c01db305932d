import { expect, test } from "vitest";
import { layOutGraph, NODE_HEIGHT } from "../../../src/page/browser/notebook/graph-layout.ts";

const PLANETS = [
  { name: "intro", dependencies: [] },
  { name: "sleep_time", dependencies: [] },
  { name: "planets", dependencies: ["sleep_time"] },
  { name: "method", dependencies: ["planets"] },
  { name: "filtered", dependencies: ["planets", "method"] },
  { name: "found", dependencies: ["filtered"] },
  { name: "by_year", dependencies: ["filtered"] },
];

function find<Named extends { readonly name: string }>(all: readonly Named[], name: string): Named {
  const found = all.find((each) => each.name === name);
  if (found === undefined) throw new Error(`${name} is missing`);
  return found;
}

test("places each cell to the right of all that it hangs on", () => {
  const { nodes, edges } = layOutGraph(PLANETS);
  expect(nodes.map(({ name }) => name)).toEqual(PLANETS.map(({ name }) => name));
  for (const { from, to, path } of edges) {
    const { x, width } = find(nodes, from);
    expect(find(nodes, to).x).toBeGreaterThan(x + width);
    expect(path).toMatch(/^M/);
  }
});

test("no two cells lie over each other, and all lie within the picture", () => {
  const cells = Array.from({ length: 40 }, (_, index) => ({
    name: `cell_${index}`,
    dependencies: [index - 1, index - 3, index - 11]
      .filter((each) => each >= 0 && each % 3 !== 0)
      .map((each) => `cell_${each}`),
  }));
  const { nodes, width, height } = layOutGraph(cells);
  for (const [index, one] of nodes.entries()) {
    expect(one.x + one.width).toBeLessThanOrEqual(width);
    expect(one.y + NODE_HEIGHT).toBeLessThanOrEqual(height);
    for (const other of nodes.slice(index + 1)) {
      const isBeside = one.x + one.width <= other.x || other.x + other.width <= one.x;
      expect(isBeside || Math.abs(one.y - other.y) >= NODE_HEIGHT).toBe(true);
    }
  }
});

test("an input stands right before the first cell that uses it", () => {
  const { nodes } = layOutGraph([
    ...PLANETS,
    { name: "late", dependencies: [] },
    { name: "last", dependencies: ["found", "late"] },
  ]);
  expect(find(nodes, "late").x).toBe(find(nodes, "found").x);
});

test("a project of one cell has a picture, too, and one of none", () => {
  expect(layOutGraph([{ name: "only", dependencies: ["gone"] }]).edges).toEqual([]);
  expect(layOutGraph([])).toMatchObject({ nodes: [], edges: [] });
});
