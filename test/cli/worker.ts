import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { openRunHistory } from "../../src/run/history/run-history.ts";
import type { RunState } from "../../src/run/history/run-record.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { type Ended, type HexOptions, startHex } from "./hex.ts";

const PATIENCE_MS = 120_000;

/** `hex worker` of a project, as a user starts it. */
export interface CliWorker {
  /** Waits until it has printed what matches; gives the match. */
  untilPrinted(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits until history tells that a run stands so. */
  untilRun(runId: string, state: RunState): Promise<void>;
  /** Tells it to stop, and waits for its end. */
  stop(): Promise<Ended>;
}

/** Starts a worker and waits until it takes jobs; it ends with the test at the latest. */
export async function startWorker(
  project: string,
  flags: readonly string[] = [],
  options: HexOptions = {},
): Promise<CliWorker> {
  // Read here: a command for each look would take the time that the worker needs.
  const history = openRunHistory(new DirectoryStore(join(project, ".hex/store")));
  const started = startHex(["worker", "--project", project, ...flags], options);
  const { child, printed, ended } = started;
  const stop = () => {
    child.kill("SIGTERM");
    return ended;
  };
  onTestFinished(async () => {
    await stop();
  });
  const untilPrinted = (pattern: RegExp) =>
    untilThere(`a line of the worker like ${pattern}, after ${printed.stderr}`, async () => {
      if (child.exitCode !== null) throw new Error(`the worker has ended: ${printed.stderr}`);
      return pattern.exec(printed.stderr) ?? undefined;
    });
  await untilPrinted(/takes jobs from|worker-started/);
  return {
    untilPrinted,
    untilRun: async (runId, state) => {
      await untilThere(`run ${runId} to be ${state}`, async () => {
        return (await history.read(runId))?.state === state ? state : undefined;
      });
    },
    stop,
  };
}

async function untilThere<Found>(
  what: string,
  find: () => Promise<Found | undefined>,
): Promise<Found> {
  const startedMs = performance.now();
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() - startedMs > PATIENCE_MS) throw new Error(`waited in vain for ${what}`);
    await wait(50);
  }
}
