import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import {
  askForRun,
  openRuns,
  prepareQueued,
  readMark,
  TOKEN_CELL,
  toLeaveMark,
  untilEnded,
} from "./queued-project.mjs";
import { summarise } from "./summarise.mjs";
import { startHexWorker } from "./worker-process.mjs";

/** How long everybody rests between two rounds; a worker prepares its next process meanwhile. */
const REST_MS = 1_200;

/** One heavy cell, whose first statement reads the clock that all processes of a machine share. */
const cells = (marks) => ({
  "01-token.ts": TOKEN_CELL,
  "02-heavy.ts": `${toLeaveMark(marks)}
import { cached, frame } from "hex-runtime";
import token from "./01-token.ts";
export default cached("heavy", { token }, ({ token }) => {
  const beganNs = process.hrtime.bigint();
  leaveMark(token, String(beganNs));
  return frame([{ id: 1 }]);
});`,
});

/** From asking for a run until the first statement of its cell, on one queue, for builds in turn. */
export async function timeQueuedRuns({ builds, queue, rounds }) {
  const places = await openPlaces(builds, cells, { queue });
  try {
    const program = await timeRounds(places, rounds, askForRun);
    const command = await timeRounds(places, Math.ceil(rounds / 3), askByCommand);
    return { program, command };
  } finally {
    await closePlaces(places);
  }
}

/** A project for each build, with a worker that waits for its runs. */
export async function openPlaces(builds, cells, config) {
  const places = new Map();
  for (const [name, { root, doors }] of Object.entries(builds)) {
    const { project, marks, remove } = await prepareQueued(cells, config);
    const worker = await startHexWorker(root, project);
    const { runs } = await openRuns(root, doors, project);
    places.set(name, { root, doors, runs, project, marks, worker, remove });
  }
  return places;
}

export async function closePlaces(places) {
  for (const { runs, worker, remove } of places.values()) {
    await runs.close();
    await worker.stop();
    await remove();
  }
}

/** The first round does not count. */
async function timeRounds(places, rounds, ask) {
  const times = new Map([...places.keys()].map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, around] of places) {
      await wait(REST_MS);
      const token = `${ask.name}-${round}`;
      const askedNs = process.hrtime.bigint();
      const runId = await ask(around, token);
      const beganNs = BigInt(await readMark(around.marks, token));
      await untilEnded(around.runs, runId);
      if (round > 0) times.get(name).push(Number(beganNs - askedNs) / 1e6);
    }
  }
  return new Map([...times].map(([name, each]) => [name, summarise(each)]));
}

async function askByCommand({ root, project }, token) {
  const flags = ["--detach", "--project", project, "--input", `token=${token}`];
  const command = spawn("node", [`${root}dist/hex.js`, "run", ...flags]);
  let [runId, failure] = ["", ""];
  command.stdout.on("data", (text) => {
    runId += text;
  });
  command.stderr.on("data", (text) => {
    failure += text;
  });
  const [exitCode] = await once(command, "close");
  if (exitCode !== 0) throw new Error(`hex run --detach ended with ${exitCode}: ${failure}`);
  return runId.trim();
}
