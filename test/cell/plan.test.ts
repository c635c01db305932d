import { describe, expect, it } from "vitest";
import type { CellNode } from "../../src/cell/cell-node.ts";
import { toGraph } from "../../src/cell/graph.ts";
import { planRun } from "../../src/cell/plan.ts";
import type { RunContext } from "../../src/cell/run-context.ts";

const planets: readonly CellNode[] = [
  { name: "intro", file: "cells/01-intro.md", kind: "prose", dependencies: [] },
  { name: "sleep_time", file: "cells/02-sleep_time.ts", kind: "input", dependencies: [] },
  {
    name: "planets",
    file: "cells/03-planets.ts",
    kind: "cached",
    dependencies: ["sleep_time"],
    frame: "planets/planet_data",
  },
  { name: "method", file: "cells/04-method.ts", kind: "input", dependencies: ["planets"] },
  {
    name: "filtered",
    file: "cells/05-filtered.ts",
    kind: "cell",
    dependencies: ["planets", "method"],
  },
];

function actions(cells: readonly CellNode[], context: RunContext, computeIn: RunContext[]) {
  const plan = planRun(toGraph(cells), { context, computeIn });
  return Object.fromEntries(plan.cells.map(({ name, action }) => [name, action]));
}

describe("the plan of a run", () => {
  it("computes everything in a logic run", () => {
    expect(new Set(Object.values(actions(planets, "logic", ["logic"])))).toEqual(
      new Set(["computed"]),
    );
  });

  it.each(["app", "scheduled", "api-triggered"] as const)(
    "reads the cached cell and prunes what only feeds it in a run by %s",
    (context) => {
      expect(actions(planets, context, ["logic"])).toEqual({
        intro: "computed",
        sleep_time: "pruned",
        planets: "read",
        method: "computed",
        filtered: "computed",
      });
    },
  );

  it("computes in other contexts when the project says so", () => {
    expect(actions(planets, "scheduled", ["logic", "scheduled"])["planets"]).toBe("computed");
  });

  it("lets a cell's own computeIn win over the project's", () => {
    const own = planets.map((cell) =>
      cell.kind === "cached" ? { ...cell, computeIn: ["scheduled"] as const } : cell,
    );
    expect(actions(own, "logic", ["logic"])["planets"]).toBe("read");
    expect(actions(own, "scheduled", ["logic"])["planets"]).toBe("computed");
  });

  it("prunes whole chains that only feed a cell which is read", () => {
    const chain: CellNode[] = [
      { name: "raw", file: "cells/raw.ts", kind: "cached", dependencies: [], frame: "raw" },
      { name: "tidy", file: "cells/tidy.ts", kind: "cell", dependencies: ["raw"] },
      { name: "model", file: "cells/model.ts", kind: "cached", dependencies: ["tidy"], frame: "m" },
    ];
    expect(actions(chain, "app", ["logic"])).toEqual({
      raw: "pruned",
      tidy: "pruned",
      model: "read",
    });
  });

  it("waits only for cells that are needed and says why for each", () => {
    const plan = planRun(toGraph(planets), { context: "app", computeIn: ["logic"] });
    const byName = new Map(plan.cells.map((cell) => [cell.name, cell]));
    expect(byName.get("planets")).toMatchObject({
      after: [],
      reason: "app runs read what was published",
    });
    expect(byName.get("sleep_time")?.reason).toBe(
      "only feeds planets, which does not compute here",
    );
    expect(byName.get("filtered")?.after).toEqual(["planets", "method"]);
  });

  it("is frozen", () => {
    const plan = planRun(toGraph(planets), { context: "app", computeIn: ["logic"] });
    expect(Object.isFrozen(plan) && Object.isFrozen(plan.cells)).toBe(true);
    expect(plan.cells.every(Object.isFrozen)).toBe(true);
  });
});
