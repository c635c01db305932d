import { loadavg } from "node:os";
import { SERVER_CONFIG, startHexServer } from "./hex-server.mjs";
import { loadInTurn } from "./http-load.mjs";
import { hasPeer } from "./peers.mjs";
import { prepareQueued } from "./queued-project.mjs";
import { startWorkerProcess } from "./worker-process.mjs";

const LOAD = { requests: 1_000, atOnce: 10 };

const cells = () => ({
  "01-fib.ts": `import { cached, frame } from "hex-runtime";
const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
export default cached("fib", () => frame([{ fib: fib(30) }]));`,
});

/** fib(30) asked for again and again: computed for each request, or once by a run and read from then on. */
export async function printFibonacci({ root, python }) {
  const { requests, atOnce } = LOAD;
  const asked = `fib(30), ${requests} requests, ${atOnce} at a time`;
  console.log(`${asked} (load average ${loadavg()[0]?.toFixed(1)})`);
  const ours = await timeOurs(root);
  printTimes("hex, output of the last run", ours, ours);
  printTimes("Express, within the request", await timePeer(startExpress(root), "fib"), ours);
  printTimes("Express, value kept in memory", await timePeer(startExpress(root), "kept"), ours);
  if (!hasPeer(python, "flask"))
    console.log("  Flask was not timed: this Python does not have it.");
  else {
    const command = [python, `${root}bench/peers/fib_flask.py`];
    printTimes("Flask, within the request", await timePeer(startPeer(command), "fib"), ours);
  }
  console.log(`  Of ours, the run that computed it took ${ours.runMs.toFixed(0)} ms, once.\n`);
}

async function timeOurs(root) {
  const { project, remove } = await prepareQueued(cells, SERVER_CONFIG);
  const server = await startHexServer(root, project);
  try {
    const askedMs = performance.now();
    const runId = await server.publish();
    const runMs = performance.now() - askedMs;
    return { ...(await loadWarm(server.toTarget(`${runId}/cells/fib/output`))), runMs };
  } finally {
    await server.stop();
    await remove();
  }
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

async function timePeer(starting, path) {
  const peer = await starting;
  try {
    return await loadWarm(peer.toTarget(path));
  } finally {
    await peer.stop();
  }
}

/** The first requests do not count. */
async function loadWarm(target) {
  await loadInTurn(target, { ...LOAD, requests: LOAD.atOnce * 2 });
  return loadInTurn(target, LOAD);
}

function printTimes(name, { totalMs, p50Ms, p99Ms, maxMs, errors }, ours) {
  const total = `${(totalMs / 1_000).toFixed(2)} s`.padStart(9);
  const times = `p50 ${p50Ms.toFixed(1).padEnd(8)}p99 ${p99Ms.toFixed(1).padEnd(8)}`;
  const ratio = `ours is ${(ours.totalMs / totalMs).toFixed(3)} of its total`;
  const end = `max ${maxMs.toFixed(1)} ms`.padEnd(16);
  console.log(`  ${name.padEnd(32)}${total}  ${times}${end}errors ${errors}  ${ratio}`);
}
