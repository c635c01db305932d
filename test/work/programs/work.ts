import { HexError } from "../../../src/errors.ts";
import { openProjectRuns } from "../../../src/work/project-runs.ts";
import { runWorker } from "../../../src/work/worker.ts";

/** A worker whose lease is as long as told; it tells what happens as lines of JSON. */
const [directory = "", runtimeUrl = "", leaseMs = "", drainMs = ""] = process.argv.slice(2);
const runs = await openProjectRuns(directory, { runtimeUrl, leaseMs: Number(leaseMs) });
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort(new HexError("HEX_CANCELLED", "told to stop")));
await runWorker(runs, {
  signal: stop.signal,
  drainMs: Number(drainMs),
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
});
await runs.close();
process.exit();
