import { loadavg } from "node:os";
import { openDoors } from "./doors.mjs";
import { timeFanOut } from "./fan-out.mjs";
import { hasPeer } from "./peers.mjs";
import { timeQueuePeers } from "./queue-peers.mjs";
import { timeQueuedRuns } from "./queued-runs.mjs";
import { timeStopping } from "./stopping.mjs";

const TARGET_MS = 50;

/** Times runs that wait in a queue, and prints what it finds. */
export async function printQueuedTables({ root, python, rounds }) {
  const doors = await openDoors(root);
  const redis = await doors.startRedisServers({
    env: {},
    projectDirectory: root,
    log() {},
  });
  const url = redis.servers[0]?.url;
  const around = { root, doors, url, rounds };
  try {
    await printFirstLines(
      around,
      hasPeer(python, "celery", "kombu.transport.redis") ? python : undefined,
    );
    await printFanOut(around);
    await printStopping(around);
  } finally {
    await redis.stop();
  }
  if (url === undefined) console.log("Redis, BullMQ and Celery were not timed: no Redis here.");
}

async function printFirstLines({ root, doors, url, rounds }, python) {
  printTitle(
    "From asking for a queued run until the first line of its cell, in a process of its own",
  );
  const queues = { embedded: "embedded", ...(url && { Redis: url }) };
  const ours = [];
  for (const [name, queue] of Object.entries(queues)) {
    const { program, command } = await timeQueuedRuns({ root, doors, queue, rounds });
    const target = name === "embedded" ? `  (target below ${TARGET_MS} ms)` : "";
    printTimes(`hex, ${name} queue`, program, target);
    printTimes(`hex run --detach, ${name} queue`, command);
    ours.push(program);
  }
  if (url === undefined) return console.log("");
  const peers = await timeQueuePeers({ root, python, url, rounds });
  for (const [name, figures] of peers) {
    const ratio = (ours.at(-1).medianMs / figures.medianMs).toFixed(1);
    printTimes(name, figures, `  ours on Redis is ${ratio} of it`);
  }
  console.log("  BullMQ and Celery keep no history and reuse their processes from job to job.");
  if (python === undefined) console.log("  Celery was not timed: this Python does not have it.");
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

async function printStopping({ root, doors, rounds }) {
  printTitle("From cancelling a run until its process is gone, embedded queue");
  const { hearing, deaf, killed } = await timeStopping({ root, doors, queue: "embedded", rounds });
  printTimes("a cell that heeds its signal", hearing);
  printTimes("a cell that never pauses", deaf);
  const [gone, again] = [killed.goneMs, killed.againMs].map((ms) => (ms / 1_000).toFixed(1));
  console.log(`  A killed worker's process was gone after ${gone} s; its run began again`);
  console.log(`  elsewhere after ${again} s (measured once).\n`);
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
