import { existsSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { askForRun, TOKEN_CELL, untilEnded } from "./queued-project.mjs";
import { closePlaces, openPlaces } from "./queued-runs.mjs";
import { summarise } from "./summarise.mjs";

const REST_MS = 1_500;
/** Ticks of the processor's clock in /proc, as Linux has them everywhere. */
const TICK_MS = 10;

const cells = () => ({
  "01-token.ts": TOKEN_CELL,
  "02-heavy.ts": `import { cached, frame } from "hex-runtime";
import token from "./01-token.ts";
export default cached("heavy", { token }, () => frame([{ id: 1 }]));`,
});

/**
 * From asking for so many runs at once until the last of them has ended, and the processor time of the
 * worker with all of its runs; for builds in turn. The first round does not count.
 */
export async function timeBursts({ builds, queue, rounds, size }) {
  const places = await openPlaces(builds, cells, { queue });
  const figures = new Map([...places.keys()].map((name) => [name, { wall: [], processor: [] }]));
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const [name, around] of places) {
        await wait(REST_MS);
        const busyMs = readBusyMs(around.worker.pid);
        const beganMs = performance.now();
        const asked = Array.from({ length: size }, (_, at) => askForRun(around, `${round}-${at}`));
        for (const runId of await Promise.all(asked)) await untilEnded(around.runs, runId);
        if (round === 0) continue;
        figures.get(name).wall.push(performance.now() - beganMs);
        figures.get(name).processor.push(readBusyMs(around.worker.pid) - busyMs);
      }
    }
  } finally {
    await closePlaces(places);
  }
  return new Map(
    [...figures].map(([name, { wall, processor }]) => [
      name,
      { ...summarise(wall), cpuMs: summarise(processor).medianMs },
    ]),
  );
}

/** Of a process and of its children that have ended. */
function readBusyMs(pid) {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return Number.NaN;
  const stat = readFileSync(path, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
}
