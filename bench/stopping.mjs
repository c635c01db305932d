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

const LOOK_MS = 2;

/** A cell that goes on until it is stopped: one kind hears of it, the other never pauses. */
const cells = (marks) => ({
  "01-token.ts": TOKEN_CELL,
  "02-endless.ts": `${toLeaveMark(marks)}
import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { cached, frame } from "hex-runtime";
import token from "./01-token.ts";
export default cached("endless", { token }, async ({ token }, { signal }) => {
  const isSecond = existsSync(${JSON.stringify(`${marks}/`)} + token);
  leaveMark(isSecond ? token + "-again" : token, process.pid + " " + process.hrtime.bigint());
  if (!isSecond && token.startsWith("deaf")) for (;;) Math.sqrt(2);
  if (!isSecond) await wait(600_000, undefined, { signal });
  return frame([{ id: 1 }]);
});`,
});

/** How long runs take to be gone once they are cancelled, and to go on once their worker is killed. */
export async function timeStopping({ root, doors, queue, rounds, isBrief = false }) {
  const { project, marks, remove } = await prepareQueued(cells, { queue });
  const around = { root, project, marks, ...(await openRuns(root, doors, project)) };
  const workers = [await startHexWorker(root, project)];
  try {
    const hearing = await timeCancels(around, "hears", rounds);
    if (isBrief) return { hearing };
    const deaf = await timeCancels(around, "deaf", Math.ceil(rounds / 3));
    const killed = await timeKilledWorker(around, workers);
    return { hearing, deaf, killed };
  } finally {
    await around.runs.close();
    await Promise.all(workers.map((worker) => worker.stop()));
    await remove();
  }
}

async function timeCancels(around, kind, rounds) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const { runId, pid } = await startEndless(around, `${kind}-${round}`);
    // Cancellations come at any moment between two looks of the worker.
    await wait(1_000 + (round / rounds) * 1_000);
    const askedMs = performance.now();
    await around.doors.cancelRecordedRun(around.runs, await around.runs.history.read(runId));
    await untilGone(pid);
    times.push(performance.now() - askedMs);
    await untilEnded(around.runs, runId, "cancelled");
  }
  return summarise(times);
}

/** Once: a worker that is no longer heard of is waited for as long as its lease holds. */
async function timeKilledWorker(around, workers) {
  const { runId, pid } = await startEndless(around, "deaf-orphan");
  workers.push(await startHexWorker(around.root, around.project));
  const killedNs = process.hrtime.bigint();
  await workers.shift().stop("SIGKILL");
  await untilGone(pid);
  const goneMs = Number(process.hrtime.bigint() - killedNs) / 1e6;
  const [, againNs] = (await readMark(around.marks, "deaf-orphan-again")).split(" ");
  await untilEnded(around.runs, runId);
  return { goneMs, againMs: Number(BigInt(againNs) - killedNs) / 1e6 };
}

async function startEndless(around, token) {
  const runId = await askForRun(around, token);
  const [pid] = (await readMark(around.marks, token)).split(" ");
  return { runId, pid: Number(pid) };
}

async function untilGone(pid) {
  while (isThere(pid)) await wait(LOOK_MS);
}

function isThere(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
