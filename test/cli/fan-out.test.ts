import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import type { RunResult } from "../../src/run/run-event.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { hex, hexJson } from "./hex.ts";
import { startWorker } from "./worker.ts";

const docs = new URL("../../docs/runs.md", import.meta.url);

/** The cells that the page shows: each begins with its file's name. */
async function cellsOfDocs(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(docs, "utf8");
  const blocks = text.matchAll(/^```ts\n\/\/ (cells\/\S+)\n(.*?)^```$/gms);
  return Object.fromEntries([...blocks].map(([, file = "", code = ""]) => [file, code]));
}

it("computes the example of docs/runs.md in parts, on a worker", async () => {
  const cells = await cellsOfDocs();
  expect(Object.keys(cells)).toHaveLength(3);
  const config = JSON.stringify({ name: "Pi" });
  const { directory } = await makeProject({ "hex.config.json": config, ...cells });
  const here = ["--project", directory];
  const worker = await startWorker(directory);
  const run = await hex(["run", "--detach", "--input", "samples=100000", ...here]);
  const runId = run.stdout.trim();
  await worker.untilRun(runId, "completed");
  const { result } = await hexJson(["run", "--context", "app", ...here]);
  const parts = outputOf(result, "hits");
  expect(parts?.kind === "frame" && parts.head.map(({ part }) => part)).toEqual([
    "north",
    "east",
    "south",
    "west",
  ]);
  const pi = outputOf(result, "pi");
  expect(pi?.kind === "value" && pi.value).toBeCloseTo(Math.PI, 1);
  const { stdout } = await hex(["runs", "logs", runId, ...here]);
  expect(stdout.match(/hits: part \d: \d+ of 100000/g)).toHaveLength(4);
  await worker.untilPrinted(new RegExp(`part ${runId}-1-\\w+-3: completed after`));
});

function outputOf({ cells }: RunResult, name: string) {
  return cells.find((cell) => cell.name === name)?.output;
}
