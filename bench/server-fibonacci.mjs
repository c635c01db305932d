import { loadavg } from "node:os";
import { SERVER_CONFIG, startHexServer } from "./hex-server.mjs";
import { loadInTurn } from "./http-load.mjs";
import { hasPeer } from "./peers.mjs";
import { readTreeMs } from "./processor-time.mjs";
import { prepareQueued } from "./queued-project.mjs";
import { summarise } from "./summarise.mjs";
import { startWorkerProcess } from "./worker-process.mjs";

const LOAD = { requests: 1_000, atOnce: 10 };
const SMALL_LOAD = { requests: 50, atOnce: 10 };
const WARM_ROUNDS = 2;
const OURS = "hex";

/** What our time is at most, as a part of theirs. */
const TARGETS = { "Express, value kept in memory": 1.5, "Express, within the request": 0.07 };

const cells = () => ({
  "01-fib.ts": `import { cached, frame } from "hex-runtime";
const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
export default cached("fib", () => frame([{ fib: fib(30) }]));`,
});

/**
 * fib(30) asked for again and again: computed for each request, or once by a run and read from then on.
 * All servers are asked in turn, round after round.
 */
export async function printFibonacci({ root, before, python, rounds, isSmall, record }) {
  const load = isSmall ? SMALL_LOAD : LOAD;
  console.log(
    `fib(30), ${load.requests} requests, ${load.atOnce} at a time (load average ${loadavg()[0]?.toFixed(1)})`,
  );
  const peers = [];
  try {
    if (before !== undefined) peers.push(await openOurs("before", before));
    peers.push(await openOurs(OURS, root), ...(await openPeers(root, python)));
    const figures = await timeInTurn(peers, { load, rounds: Math.ceil(rounds / 5) });
    for (const [tool, { wallMs, cpuMs }] of figures) {
      printTimes(tool, { wallMs, cpuMs }, figures.get(OURS));
      const target = TARGETS[tool];
      record({ table: "fib(30)", row: "last value", tool, wallMs, cpuMs, target, by: "wallMs" });
    }
    console.log("");
  } finally {
    for (const { stop } of peers) await stop();
  }
}

async function openOurs(tool, root) {
  const { project, remove } = await prepareQueued(cells, SERVER_CONFIG);
  const server = await startHexServer(root, project);
  const stop = async () => {
    await server.stop();
    await remove();
  };
  try {
    const runId = await server.publish();
    return { tool, pid: server.pid, target: server.toTarget(`${runId}/cells/fib/output`), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openPeers(root, python) {
  const express = await startExpress(root);
  const peers = [
    { tool: "Express, value kept in memory", target: express.toTarget("kept"), ...express },
    // It has been stopped with the one above.
    { tool: "Express, within the request", target: express.toTarget("fib"), ...express, stop() {} },
  ];
  if (!hasPeer(python, "flask")) return peers;
  const flask = await startPeer([python, `${root}bench/peers/fib_flask.py`]);
  return [...peers, { tool: "Flask, within the request", target: flask.toTarget("fib"), ...flask }];
}

/**
 * Medians of all rounds but the first few, in which code is still compiled. Those that compute for each
 * request take so long that they are asked in one of them alone.
 */
async function timeInTurn(peers, { load, rounds }) {
  const all = new Map(peers.map(({ tool }) => [tool, []]));
  for (let round = -WARM_ROUNDS; round < rounds; round++) {
    for (const { tool, pid, target } of peers) {
      if (round !== 0 && tool.endsWith("within the request")) continue;
      const figures = await timeOne({ pid, target }, load);
      if (round >= 0) all.get(tool).push(figures);
    }
  }
  const median = (figures, key) => summarise(figures.map((each) => each[key])).medianMs;
  return new Map(
    [...all].map(([tool, figures]) => [
      tool,
      { wallMs: median(figures, "wallMs"), cpuMs: median(figures, "cpuMs") },
    ]),
  );
}

/** Express with fib(30), computed for each request at `fib` and from memory at `kept`. */
export function startExpress(root) {
  return startPeer(["node", `${root}bench/peers/fib-express.mjs`]);
}

async function startPeer(command) {
  const peer = await startWorkerProcess(command, {
    readyLine: /^ready/,
    env: { NODE_ENV: "production", PYTHONDONTWRITEBYTECODE: "1" },
  });
  const port = peer.readyAs.split(" ").at(-1);
  return {
    pid: peer.pid,
    toTarget: (path) => ({ url: `http://127.0.0.1:${port}/${path}` }),
    stop: () => peer.stop(),
  };
}

async function timeOne({ pid, target }, load) {
  const startMs = readTreeMs([pid]);
  const { totalMs: wallMs, errors } = await loadInTurn(target, load);
  if (errors > 0) throw new Error(`${errors} of ${load.requests} answers of ${target.url} failed`);
  return { wallMs, cpuMs: readTreeMs([pid]) - startMs };
}

function printTimes(tool, { wallMs, cpuMs }, ours) {
  const total = `${(wallMs / 1_000).toFixed(2)} s`.padStart(9);
  const own = `${(cpuMs / 1_000).toFixed(2)} s of processor time`;
  const ratio = `ours is ${(ours.wallMs / wallMs).toFixed(3)} of it (${(ours.cpuMs / cpuMs).toFixed(3)})`;
  console.log(`  ${tool.padEnd(32)}${total}, ${own}; ${ratio}`);
}
