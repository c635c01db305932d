import { loadavg } from "node:os";
import { SERVER_CONFIG, startHexServer } from "./hex-server.mjs";
import { loadAtRate } from "./http-load.mjs";
import { PAGE_CELLS, toPageRoutes } from "./page-routes.mjs";
import { prepareQueued, readMark, TOKEN_CELL, toLeaveMark } from "./queued-project.mjs";
import { startExpress } from "./server-fibonacci.mjs";

const PER_SECOND = 300;
const SECONDS = 10;
const WARM_SECONDS = 2;
const TARGET_MS = 50;
const NAME_WIDTH = 38;
/** The names of the runs that compute without a pause. */
const BUSY = ["busy-1", "busy-2"];

/**
 * A frame that is read back by logic runs, and a light cell that never pauses when it is told so.
 */
const cells = (marks) => ({
  "01-token.ts": TOKEN_CELL,
  "02-sales.ts": `import { cached, frame } from "hex-runtime";
const toSale = (id) => ({ id, region: "r" + (id % 12), amount: id / 8, note: "note " + (id % 500) });
export default cached("sales", () => frame(Array.from({ length: 10_000 }, (_, id) => toSale(id))));`,
  "03-busy.ts": `${toLeaveMark(marks)}
import { cell } from "hex-runtime";
import token from "./01-token.ts";
export default cell({ token }, ({ token }) => {
  if (token === "") return "idle";
  leaveMark(token, String(process.pid));
  for (;;) Math.sqrt(2);
});`,
  ...PAGE_CELLS,
});

/** Only scheduled runs compute frames: logic runs may then go side by side. */
const CONFIG = { ...SERVER_CONFIG, computeIn: ["scheduled"] };

/** Asks a server at a fixed rate, with nothing else going on and while two runs compute. */
export async function printServerLoad({ root, rounds }) {
  const { project, marks, remove } = await prepareQueued(cells, CONFIG);
  const server = await startHexServer(root, project);
  const express = await startExpress(root);
  try {
    const runId = await server.publish();
    const output = `${runId}/cells/sales/output`;
    const routes = {
      "Express, from memory": express.toTarget("kept"),
      "status of a run": server.toTarget(runId),
      "output, 100 rows": server.toTarget(`${output}?limit=100`),
      "output, 1,000 rows": server.toTarget(`${output}?limit=1000`),
      ...(await toPageRoutes(server)),
    };
    const repeats = Math.ceil(rounds / 5);
    console.log(
      `hex serve at ${PER_SECOND} requests a second unless told, ${SECONDS} s each, the worst of ${repeats}; what asks shares the cores`,
    );
    await printRoutes("idle", routes, repeats);
    await whileBusy(server, marks, () =>
      printRoutes(`two runs compute, target p99 at most ${TARGET_MS} ms`, routes, repeats),
    );
    console.log("  Express tells what the machine gives a server that does nothing.\n");
  } finally {
    await express.stop();
    await server.stop();
    await remove();
  }
}

/** Both runs compute from before the first request until after the last one. */
async function whileBusy(server, marks, load) {
  const runIds = BUSY.map((name) => server.detach(name));
  for (const name of BUSY) await readMark(marks, name);
  await load();
  for (const runId of runIds) {
    const status = await server.readStatus(runId);
    if (status !== "RUNNING") throw new Error(`Run ${runId} is ${status} before the load ended`);
  }
  await Promise.all(runIds.map((runId) => server.cancel(runId)));
}

async function printRoutes(title, routes, repeats) {
  console.log(`  ${title} (load average ${loadavg()[0]?.toFixed(1)})`);
  for (const [name, target] of Object.entries(routes)) {
    const { perSecond = PER_SECOND } = target;
    await loadAtRate(target, { perSecond, seconds: WARM_SECONDS });
    const figures = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      figures.push(await loadAtRate(target, { perSecond, seconds: SECONDS }));
    }
    printFigures(name, toWorst(figures));
  }
}

/** Of each figure the worst one, which need not be of the same repeat. */
function toWorst(figures) {
  const most = (key) => Math.max(...figures.map((each) => each[key]));
  const [first] = figures;
  const worst = Object.fromEntries(Object.keys(first).map((key) => [key, most(key)]));
  const rates = figures.map(({ deliveredPerSecond }) => deliveredPerSecond);
  return { ...worst, deliveredPerSecond: Math.min(...rates) };
}

function printFigures(name, figures) {
  const times = ["p50", "p975", "p99", "max"].map((key) => {
    const label = key === "p975" ? "p97.5" : key;
    return `${label} ${figures[`${key}Ms`].toFixed(1).padEnd(8)}`;
  });
  const { errors, refused, deliveredPerSecond, lateP99Ms } = figures;
  const failed = `errors ${errors}${refused > 0 ? `, of which ${refused} were 503` : ""}`;
  const rate = `${failed}, delivered ${deliveredPerSecond.toFixed(1)}/s`;
  console.log(`    ${name.padEnd(NAME_WIDTH)}${times.join("")}ms`);
  console.log(`    ${"".padEnd(NAME_WIDTH)}${rate}, sent late: p99 ${lateP99Ms.toFixed(1)} ms`);
}
