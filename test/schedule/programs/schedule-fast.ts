import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runScheduler } from "../../../src/schedule/scheduler.ts";
import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import { aSchedule } from "../scheduler-world.ts";

/** How many seconds of the schedule go by in one of ours. */
const SPEED = 120;

// A scheduler of a minutely schedule whose clock is fast: all processes are told the same start,
// and end once so many runs are filed by all of them.
const [folder = "", startedAt = "", runs = ""] = process.argv.slice(2);
const began = Number(startedAt);
const now = () => Date.UTC(2026, 0, 31, 12, 0, 30) + (Date.now() - began) * SPEED;
const filed = new Set<string>();
const over = new AbortController();
void endOnceFiled();

await runScheduler({
  schedules: [aSchedule("* * * * *", { overlap: "queue" })],
  store: new DirectoryStore(join(folder, "store")),
  clock: { now, sleep: (ms, signal) => wait(ms / SPEED, undefined, { signal }) },
  file: async ({ runId, instant }) => {
    filed.add(runId);
    await appendFile(join(folder, "filed"), `${instant} ${runId}\n`);
  },
  isActive: async () => false,
  // What others filed is theirs to look after: here nobody dies.
  isFiled: async (runId) => !runId.startsWith(`${process.pid}-`) || filed.has(runId),
  newRunId: () => `${process.pid}-${Math.random().toString(36).slice(2)}`,
  onEvent: () => undefined,
  filedBy: `test:${process.pid}`,
  signal: over.signal,
});

async function endOnceFiled(): Promise<void> {
  for (let lines = 0; lines < Number(runs); await wait(20)) {
    const text = await readFile(join(folder, "filed"), "utf8").catch(() => "");
    lines = text.split("\n").length - 1;
  }
  over.abort();
}
