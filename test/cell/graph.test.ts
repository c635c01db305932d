import { describe, expect, it } from "vitest";
import type { CellNode } from "../../src/cell/cell-node.ts";
import { namesAbove, namesBelow, toGraph } from "../../src/cell/graph.ts";

function node(name: string, dependencies: readonly string[] = [], frame?: string): CellNode {
  const kind = frame === undefined ? "cell" : "cached";
  const facts = { name, file: `cells/${name}.ts`, kind, dependencies } as const;
  return frame === undefined ? facts : { ...facts, frame };
}

describe("the graph of a project's cells", () => {
  it("orders cells after what they depend on, and otherwise as their files are", () => {
    const graph = toGraph([node("a", ["c"]), node("b"), node("c"), node("d")]);
    expect(graph.ordered.map(({ name }) => name)).toEqual(["b", "c", "a", "d"]);
    expect(graph.cells.map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
  });

  it("refuses a loop and tells its path, without the cells that only hang on it", () => {
    const cells = [node("below", ["a"]), node("a", ["b"]), node("b", ["c"]), node("c", ["a"])];
    expect(() => toGraph(cells)).toThrow(
      /^Expected cells to depend on each other without a loop, got cells\/a.ts → cells\/b.ts → cells\/c.ts → cells\/a.ts \(/,
    );
  });

  it("refuses a cell that depends on itself", () => {
    expect(() => toGraph([node("a", ["a"])])).toThrow("cells/a.ts → cells/a.ts");
  });

  it("refuses a dependency that is no cell and lists the cells there are", () => {
    expect(() => toGraph([node("a", ["b"]), node("c")])).toThrow(
      'Expected what cells/a.ts depends on to be cells of this project, got "b" (the cells are a, c)',
    );
  });

  it("refuses two cells that publish one frame", () => {
    expect(() => toGraph([node("a", [], "x/y"), node("b", [], "x/y")])).toThrow(
      'Expected the frame name in cells/b.ts to be its own, got "x/y", which cells/a.ts publishes as well',
    );
  });

  it("finds all cells above and below some, directly or not, also in a loop", () => {
    const cells = [node("a"), node("b", ["a"]), node("c", ["b"]), node("d", ["a"]), node("e")];
    expect([...namesAbove(cells, ["c"])].sort()).toEqual(["a", "b"]);
    expect([...namesAbove(cells, ["c", "d", "unknown"])].sort()).toEqual(["a", "b"]);
    expect([...namesBelow(cells, ["a"])].sort()).toEqual(["b", "c", "d"]);
    expect([...namesBelow(cells, ["e"])]).toEqual([]);
    expect([...namesAbove([node("x", ["y"]), node("y", ["x"])], ["x"])].sort()).toEqual(["x", "y"]);
  });
});
