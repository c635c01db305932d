import { loadavg } from "node:os";
import { openDoors } from "./doors.mjs";
import { timeFanOut } from "./fan-out.mjs";
import { hasPeer } from "./peers.mjs";
import { timePeerBursts, timeQueuePeers } from "./queue-peers.mjs";
import { timeBursts } from "./queued-bursts.mjs";
import { timeQueuedRuns } from "./queued-runs.mjs";
import { timeStopping } from "./stopping.mjs";

const BURST = 20;
const MOST_ROUNDS = 9;

/**
 * Times runs that wait in a queue, and prints what it finds; with `before`, in turn with that build. The
 * smallest sizes are those of the embedded queue without peers.
 */
export async function printQueuedTables({ root, before, python, rounds: asked, isSmall, record }) {
  // Node 20 spends 40 ms of each start on it.
  delete process.env["NODE_EXTRA_CA_CERTS"];
  const doors = await openDoors(root);
  const builds = { hex: { root, doors } };
  if (before) builds["hex before"] = { root: before, doors: await openDoors(before, root) };
  const rounds = isSmall ? 1 : Math.min(asked, MOST_ROUNDS);
  const note = (row, tool, { medianMs: wallMs, cpuMs, size = 1, target }) =>
    record?.({ table: "queue", row, size, tool, wallMs, cpuMs, target });
  const around = { root, doors, builds, rounds, note, isSmall };
  if (isSmall) return printAll(around);
  const redis = await doors.startRedisServers({ env: {}, projectDirectory: root, log() {} });
  const url = redis.servers[0]?.url;
  try {
    const hasCelery = hasPeer(python, "celery", "kombu.transport.redis");
    await printAll({ ...around, url, python: hasCelery ? python : undefined });
  } finally {
    await redis.stop();
  }
  if (url === undefined) console.log("Redis, BullMQ and Celery were not timed: no Redis here.");
}

async function printAll(around) {
  await printFirstLines(around);
  await printBursts(around);
  if (!around.isSmall) await printFanOut(around);
  await printStopping(around);
}

async function printFirstLines({ root, url, python, builds, rounds, note }) {
  printTitle("From asking for a queued run until the first line of its cell");
  const queues = { embedded: "embedded", ...(url && { Redis: url }) };
  let ours;
  for (const [name, queue] of Object.entries(queues)) {
    const { program, command } = await timeQueuedRuns({ builds, queue, rounds });
    for (const [tool, figures] of program) {
      printTimes(`${tool}, ${name} queue`, figures);
      note(toFirstLine(name), tool, { ...figures, target: toTarget(tool, 0.3) });
    }
    for (const [tool, figures] of command) printTimes(`${tool} run --detach, ${name}`, figures);
    ours = program.get("hex");
  }
  if (url !== undefined) await printPeers({ root, python, url, rounds, note }, ours, queues);
  console.log("");
}

async function printPeers({ root, python, url, rounds, note }, ours, queues) {
  for (const [tool, figures] of await timeQueuePeers({ root, python, url, rounds })) {
    const ratio = (ours.medianMs / figures.medianMs).toFixed(1);
    printTimes(tool, figures, `  ours on Redis is ${ratio} of it`);
    const target = tool.startsWith("Celery") ? 3 : undefined;
    for (const name of Object.keys(queues)) note(toFirstLine(name), tool, { ...figures, target });
  }
  console.log("  BullMQ and Celery keep no history and reuse their processes from job to job.");
  if (python === undefined) console.log("  Celery was not timed: Python cannot install it here.");
}

function toFirstLine(queue) {
  return `submit to first line, ${queue} queue`;
}

/** What ours is to be of the build before, at most. */
function toTarget(tool, ratio) {
  return tool === "hex before" ? ratio : undefined;
}

async function printBursts({ root, url, builds, rounds: asked, isSmall, note }) {
  const size = isSmall ? 2 : BURST;
  const rounds = Math.ceil(asked / 3);
  printTitle(`${size} trivial runs asked for at once, until all have ended, embedded queue`);
  const row = "burst of trivial runs";
  for (const [tool, figures] of await timeBursts({ builds, queue: "embedded", rounds, size })) {
    printTimes(tool, figures, `  ${Math.round(figures.cpuMs)} ms of the processor`);
    note(row, tool, { ...figures, size, target: toTarget(tool, 0.2) });
  }
  if (url !== undefined) {
    const figures = await timePeerBursts({ root, url, rounds, size });
    printTimes("BullMQ, sandboxed processor", figures);
    note(row, "BullMQ, sandboxed processor", { ...figures, size, target: 5 });
  }
  console.log("");
}

async function printFanOut(around) {
  printTitle("A cell over 8 parts that only count, until they are joined");
  const rounds = Math.ceil(around.rounds / 5);
  const time = (queue, workers, partsAtOnce) =>
    timeFanOut({ ...around, queue, workers, partsAtOnce, rounds });
  const one = await time("embedded", 1, 1);
  printTimes("embedded, one part at once", one);
  printRatio("embedded, two parts at once", await time("embedded", 1, 2), one);
  if (around.url !== undefined) {
    const alone = await time(around.url, 1, 1);
    printTimes("Redis, one worker", alone);
    printRatio("Redis, two workers", await time(around.url, 2, 1), alone);
  }
  console.log("");
}

async function printStopping({ builds, rounds, isSmall, note }) {
  printTitle("From cancelling a run until its process is gone, embedded queue");
  for (const [tool, build] of Object.entries(builds)) {
    const isBrief = isSmall || tool !== "hex";
    const stopping = { ...build, queue: "embedded", rounds, isBrief };
    const { hearing, deaf, killed } = await timeStopping(stopping);
    printTimes(`${tool}: a cell that heeds its signal`, hearing);
    const target = toTarget(tool, 0.2);
    note("cancel of a cell that heeds its signal", tool, { ...hearing, target });
    if (isBrief) continue;
    printTimes(`${tool}: a cell that never pauses`, deaf);
    const [gone, again] = [killed.goneMs, killed.againMs].map((ms) => (ms / 1_000).toFixed(1));
    console.log(`  A killed worker's process was gone after ${gone} s; its run began again`);
    console.log(`  elsewhere after ${again} s (measured once).`);
  }
  console.log("");
}

function printTitle(title) {
  console.log(`${title} (load average ${loadavg()[0]?.toFixed(1)})`);
}

function printRatio(name, figures, alone) {
  const ratio = (figures.medianMs / alone.medianMs).toFixed(2);
  printTimes(name, figures, `  ${ratio} of the line above (ideal 0.5)`);
}

function printTimes(name, { medianMs, p95Ms, minMs, maxMs }, remark = "") {
  const digits = medianMs < 100 ? 1 : 0;
  const median = `${medianMs.toFixed(digits)} ms`.padStart(9);
  const range = `${minMs.toFixed(digits)} to ${maxMs.toFixed(digits)}`.padEnd(16);
  console.log(
    `  ${name.padEnd(36)}${median}  p95 ${p95Ms.toFixed(digits).padEnd(7)}${range}${remark}`,
  );
}
