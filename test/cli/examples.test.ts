import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hex, hexJson } from "./hex.ts";
import { planetsProject } from "./planets-project.ts";
import { startWorker } from "./worker.ts";

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

  it("count 3,000,000 flights once, of which this reads one in a hundred, and add up what is chosen", async () => {
    const project = join(await planetsProject(), "examples", "flights");
    const here = ["--project", project];
    const logic = await hexJson(["run", ...here, "--input", "percent=1"]);
    expect(logic.result).toMatchObject({ status: "completed", version: 1 });
    const flights = logic.result.cells.find(({ name }) => name === "flights");
    expect(flights?.output).toMatchObject({ kind: "frame", rows: 30_000 });
    const counted = async (...inputs: readonly string[]) => {
      const flags = inputs.flatMap((input) => ["--input", input]);
      const { result } = await hexJson(["run", "--context", "app", ...here, ...flags]);
      expect(result.status).toBe("completed");
      const output = result.cells.find(({ name }) => name === "counted")?.output;
      return output?.kind === "value" ? Number(output.value) : Number.NaN;
    };
    expect(await counted()).toBe(30_000);
    const january = "dates=2001-01-01/2001-01-31";
    const fromChicago = await counted("origin=Chicago (ORD)", january);
    expect(fromChicago).toBeGreaterThan(0);
    expect(fromChicago).toBeLessThan(await counted(january));
  });

  it("answer with the last Fibonacci number at once, while a worker computes the next one", async () => {
    const project = join(await planetsProject(), "examples", "fibonacci");
    const here = ["--project", project];
    const request = async (number: number) =>
      (await hex(["run", "--detach", "--input", `number=${number}`, ...here])).stdout.trim();
    const current = async (...flags: readonly string[]) => {
      const { result } = await hexJson(["run", "--context", "app", ...here, ...flags]);
      return result.cells.find(({ name }) => name === "current")?.output;
    };
    expect((await hex(["run", "--input", "number=20", ...here])).exitCode).toBe(0);
    const worker = await startWorker(project);
    // Minutes of work: it still goes when the answers are there.
    const long = await request(50);
    await worker.untilRun(long, "running");
    expect(await current()).toMatchObject({ value: expect.stringMatching(/^fib\(20\) = 6765,/) });
    expect((await hex(["runs", "cancel", long, ...here])).exitCode).toBe(0);
    await worker.untilRun(long, "cancelled");
    await worker.untilRun(await request(30), "completed");
    const newest = { value: expect.stringMatching(/^fib\(30\) = 832040, computed at 20/) };
    expect(await current()).toMatchObject(newest);
    expect(await current("--input", "number=7")).toMatchObject(newest);
    expect((await worker.stop()).exitCode).toBe(0);
  });
});
