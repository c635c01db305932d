import { openProject } from "../../../src/project/project.ts";
import { runProject } from "../../../src/work/run-project.ts";

/** Runs a project so many times at once, and tells each event of each run as a line of JSON. */
const [directory = "", runtimeUrl = "", runs = "1", ttlMs = "30000"] = process.argv.slice(2);
const project = await openProject(directory, { runtimeUrl });
const request = { context: "logic", inputs: new Map(), trigger: "api" } as const;
const leaseTimes = { ttlMs: Number(ttlMs) };
const running = Array.from({ length: Number(runs) }, (_, run) =>
  runProject(project, request, {
    emit: (event) => process.stdout.write(`${JSON.stringify({ run, event })}\n`),
    leaseTimes,
  }),
);
await Promise.all(running);
