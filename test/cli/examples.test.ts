import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hexJson } from "./hex.ts";
import { planetsProject } from "./planets-project.ts";

/** Runs an example in the logic and then in the app context; gives the outputs of the second run. */
async function runExample(name: string, flags: readonly string[] = []) {
  const project = join(await planetsProject(), "examples", name);
  const logic = await hexJson(["run", "--project", project]);
  expect(logic.result).toMatchObject({ status: "completed", version: 1 });
  const app = await hexJson(["run", "--project", project, "--context", "app", ...flags]);
  expect(app.result).toMatchObject({ status: "completed", version: 1 });
  return Object.fromEntries(app.result.cells.map((cell) => [cell.name, cell.output]));
}

describe("the examples", () => {
  it("read back into a danfo DataFrame in the explicit form, with the right mean", async () => {
    const outputs = await runExample("explicit");
    expect(outputs["planets"]).toMatchObject({ kind: "frame", rows: 1_035 });
    expect(outputs["heaviest"]).toMatchObject({ kind: "frame", rows: 5 });
    const mean = outputs["mean_mass"];
    expect(mean?.kind === "value" && mean.value).toBeCloseTo(2.638161, 6);
  });

  it("filter by an input inside a query", async () => {
    const outputs = await runExample("sql", ["--input", "first_year=2012"]);
    const counts = outputs["by_method"];
    const rows = counts?.kind === "frame" ? counts.head : [];
    expect(rows[0]).toMatchObject({ method: "Transit" });
    expect(rows.map((row) => row["planets"])).toEqual(
      [...rows.map((row) => row["planets"])].sort((a, b) => Number(b) - Number(a)),
    );
  });
});
