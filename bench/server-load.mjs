import { loadavg } from "node:os";
import { SERVER_CONFIG, startHexServer } from "./hex-server.mjs";
import { loadAtRate } from "./http-load.mjs";
import { PAGE_CELLS, toPageRoutes } from "./page-routes.mjs";
import { prepareQueued, readMark, TOKEN_CELL, toLeaveMark } from "./queued-project.mjs";
import { startExpress } from "./server-fibonacci.mjs";

const PER_SECOND = 300;
const SECONDS = 10;
const WARM_SECONDS = 2;
const TARGET_MS = 25;
const TIMES = { seconds: SECONDS, warmSeconds: WARM_SECONDS };
const SMALL_TIMES = { seconds: 0.1, warmSeconds: 0.05 };
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

/**
 * Asks servers at a fixed rate, with nothing else going on and while two runs compute. Where `before`
 * names the checkout of another build, its server is asked in turn with that of this one.
 */
export async function printServerLoad({ root, before, rounds, isSmall, record }) {
  const repeats = Math.ceil(rounds / 5);
  const times = isSmall ? SMALL_TIMES : TIMES;
  const builds = [];
  const express = await startExpress(root);
  console.log(
    `hex serve at ${PER_SECOND} requests a second unless told, ${times.seconds} s each, the worst of ${repeats}; what asks shares the cores`,
  );
  try {
    if (before !== undefined) builds.push({ ...(await openBuild("before", before)), times });
    builds.push({ ...(await openBuild("now", root)), times });
    const kept = { "Express, from memory": express.toTarget("kept") };
    console.log(`  idle (load average ${loadavg()[0]?.toFixed(1)})`);
    printRoutes([await loadRoutes({ name: "now", routes: kept, times }, repeats)]);
    printRoutes(await inTurn(builds, repeats, (build) => loadRoutes(build, 1)));
    console.log(`  two runs compute, target p99 at most ${TARGET_MS} ms`);
    const busy = await inTurn(builds, repeats, whileBusy);
    printRoutes(busy);
    recordRoutes(busy, record);
    console.log("  Express tells what the machine gives a server that does nothing.\n");
  } finally {
    for (const build of builds) await build.close();
    await express.stop();
  }
}

/** A server of a build with a project of its own, published, and what it is asked. */
export async function openBuild(name, root) {
  const { project, marks, remove } = await prepareQueued(cells, CONFIG);
  const server = await startHexServer(root, project);
  const close = async () => {
    await server.stop();
    await remove();
  };
  try {
    const runId = await server.publish();
    const output = `${runId}/cells/sales/output`;
    const routes = {
      "status of a run": server.toTarget(runId),
      "output, 100 rows": server.toTarget(`${output}?limit=100`),
      "output, 1,000 rows": server.toTarget(`${output}?limit=1000`),
      ...(await toPageRoutes(server)),
    };
    return { name, server, marks, routes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Measures each build so often, one after the other; gives the worst figures of each. */
async function inTurn(builds, repeats, measure) {
  const measured = new Map(builds.map(({ name }) => [name, []]));
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const build of builds) measured.get(build.name).push(await measure(build));
  }
  return [...measured].map(([name, all]) => {
    const routes = Object.keys(all[0].figures);
    const toEntry = (route) => [route, toWorst(all.map(({ figures }) => figures[route]))];
    return { name, figures: Object.fromEntries(routes.map(toEntry)) };
  });
}

let busyRounds = 0;

/** Both runs compute from before the first request until after the last one. */
async function whileBusy(build) {
  const { server, marks } = build;
  busyRounds += 1;
  const names = BUSY.map((name) => `${name}-${busyRounds}`);
  const runIds = names.map((name) => server.detach(name));
  for (const name of names) await readMark(marks, name);
  const loaded = await loadRoutes(build, 1);
  for (const runId of runIds) {
    const status = await server.readStatus(runId);
    if (status !== "RUNNING") throw new Error(`Run ${runId} is ${status} before the load ended`);
  }
  await Promise.all(runIds.map((runId) => server.cancel(runId)));
  return loaded;
}

async function loadRoutes({ name, routes, times: { seconds, warmSeconds } }, repeats) {
  const figures = {};
  for (const [route, target] of Object.entries(routes)) {
    const { perSecond = PER_SECOND } = target;
    await loadAtRate(target, { perSecond, seconds: warmSeconds });
    const all = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      all.push(await loadAtRate(target, { perSecond, seconds }));
    }
    figures[route] = toWorst(all);
  }
  return { name, figures };
}

/** Of each figure the worst one, which need not be of the same repeat. */
function toWorst(figures) {
  const most = (key) => Math.max(...figures.map((each) => each[key]));
  const [first] = figures;
  const worst = Object.fromEntries(Object.keys(first).map((key) => [key, most(key)]));
  const rates = figures.map(({ deliveredPerSecond }) => deliveredPerSecond);
  return { ...worst, deliveredPerSecond: Math.min(...rates) };
}

/** What 99 of 100 requests take at most, beside the limit that it is to keep. */
function recordRoutes(builds, record) {
  const table = `p99 at ${PER_SECOND} requests a second beside two runs`;
  for (const { name, figures } of builds) {
    const tool = name === "now" ? "hex" : name;
    for (const [row, { p99Ms }] of Object.entries(figures)) {
      record({ table, row, tool, wallMs: p99Ms });
      if (tool !== "hex") continue;
      record({ table, row, tool: "limit", wallMs: TARGET_MS, target: 1, by: "wallMs" });
    }
  }
}

/** The figures of this build, and below each route its ratio to that before. */
function printRoutes(builds) {
  const now = builds.at(-1);
  const before = builds.length > 1 ? builds[0] : undefined;
  for (const [route, figures] of Object.entries(now.figures)) {
    printFigures(route, figures);
    if (before !== undefined) printBefore(figures, before.figures[route]);
  }
}

function printBefore(now, before) {
  const ratios = ["p50", "p99"].map((key) => {
    const [ours, theirs] = [now[`${key}Ms`], before[`${key}Ms`]];
    return `${key} ${theirs.toFixed(1)} ms, now ${(ours / theirs).toFixed(2)} of it`;
  });
  const failed = `errors ${before.errors}`;
  console.log(`    ${"  before:".padEnd(NAME_WIDTH)}${ratios.join("; ")}; ${failed}`);
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
