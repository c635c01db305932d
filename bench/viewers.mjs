import { readdirSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { loadavg } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { startHexServer } from "./hex-server.mjs";
import { loadInTurn } from "./http-load.mjs";
import { MOST_LEAST, prepareSliderPage } from "./page-apps.mjs";

const ROWS = 1_000_000;
/** How many viewers move the slider at once, and how often all of them together. */
const VIEWERS = [
  [1, 20],
  [10, 60],
  [50, 200],
  [200, 600],
];
const SMALL = [
  [1, 3],
  [3, 9],
];
const COLUMN_BYTES = 36;
/** A table is looked at for longer than it is moved. */
const IDLE_MS = 3_000;
/** How many pages are open and do nothing, for how long, and how many of them open at once. */
const PAGES = [
  [500, 20],
  [5_000, 20],
];
const SMALL_PAGES = [[20, 1]];
const AT_ONCE = 20;
const TICKS_PER_SECOND = 100;

/**
 * Viewers who move a slider over a filter and sums by group: each moves on as soon as it is answered, to
 * a value that nobody has asked for before. Then what the server takes of memory with all its processes.
 */
export async function printViewers({ root, before, isSmall = false, record }) {
  const rows = isSmall ? 10_000 : ROWS;
  const builds = { ...(before && { before }), hex: root };
  console.log(
    `Viewers move a slider over filter and sums by group of ${rows.toLocaleString("en")} rows, each move new (load average ${loadavg()[0]?.toFixed(1)})`,
  );
  const servers = new Map();
  try {
    for (const [name, folder] of Object.entries(builds)) {
      servers.set(name, await openMoves(folder, rows));
    }
    const note = (row, size) => (tool, figures) =>
      record({ table: "viewers", row, size, tool, ...figures });
    for (const [viewers, moves] of isSmall ? SMALL : VIEWERS) {
      await timeMoves(servers, { viewers, moves }, note("a move of the slider", viewers));
    }
    await weigh(servers, rows, note("memory of a server and its processes", rows));
    for (const [pages, seconds] of isSmall ? SMALL_PAGES : PAGES) {
      await watchIdle(servers, { pages, seconds }, note("open pages that do nothing", pages));
    }
  } finally {
    for (const server of servers.values()) await server.stop();
  }
  console.log("");
}

async function timeMoves(servers, { viewers, moves }, note) {
  for (const [name, server] of servers) {
    const figures = await server.move(viewers, moves);
    printMoves(name, viewers, figures);
    note(name, { wallMs: figures.p95Ms, cpuMs: figures.cpuMs });
  }
}

async function weigh(servers, rows, note) {
  for (const [name, server] of servers) {
    const { all, total } = await server.memory();
    const ratio = (total / (rows * COLUMN_BYTES)).toFixed(1);
    const parts = all.map(toMega).join(" + ");
    console.log(`  memory of ${name}: ${toMega(total)} MB (${parts}), ${ratio} of the columns`);
    note(name, { bytes: total, target: 4 });
  }
}

async function watchIdle(servers, { pages, seconds }, note) {
  for (const [name, server] of servers) {
    const { share, bytes } = await server.idle(pages, seconds);
    const told = `${(share * 100).toFixed(2)} % of a core, ${(bytes / 1_000).toFixed(0)} kB each`;
    console.log(`  ${pages} open pages that do nothing, ${name}: ${told}`);
    note(name, { cpuMs: share * 1_000, bytes });
  }
}

/** A server of a build, whose page is open and whose processes have read the frame. */
async function openMoves(root, rows) {
  const app = await prepareSliderPage(root, rows);
  const server = await startHexServer(root, app.project);
  const state = await (
    await fetch(server.toPageTarget("/page/state").url, server.toPageTarget("/page/state"))
  ).json();
  const working = new Set([server.pid]);
  let moved = 0;
  const toBody = () => {
    // A step that shares no factor with the number of values meets each of them once.
    const least = (++moved * 37_831) % MOST_LEAST;
    const { version, commit } = state;
    return JSON.stringify({ version, commit, inputs: { least }, cells: ["sums"] });
  };
  const target = server.toPageTarget("/page/run", toBody);
  const move = async (viewers, moves) => {
    const before = new Map(toTree(server.pid).map((pid) => [pid, cpuMsOf(pid)]));
    const figures = await loadInTurn(target, { requests: moves, atOnce: viewers });
    let cpuMs = 0;
    for (const pid of toTree(server.pid)) {
      const usedMs = cpuMsOf(pid) - (before.get(pid) ?? 0);
      if (usedMs / moves > 1) working.add(pid);
      cpuMs += usedMs;
    }
    const serverMs = cpuMsOf(server.pid) - before.get(server.pid);
    return { ...figures, cpuMs: cpuMs / moves, serverMs: serverMs / moves };
  };
  await move(4, 20);
  await wait(200);
  await move(4, 20);
  /** Of the server and what has answered viewers; a process that waits for a run is none of them. */
  const memory = async () => {
    await wait(IDLE_MS);
    const all = toTree(server.pid)
      .filter((pid) => working.has(pid))
      .map(memoryOf);
    return { all, total: all.reduce((sum, each) => sum + each, 0) };
  };
  const idle = (pages, seconds) => holdOpen(server, pages, seconds);
  const stop = async () => {
    await server.stop();
    await app.remove();
  };
  return { move, memory, idle, stop };
}

/** What pages cost a server that are open for a while: its share of a core, and bytes for each. */
async function holdOpen(server, pages, seconds) {
  const beforeBytes = memoryOf(server.pid);
  const { url, headers } = server.toPageTarget("/page/events");
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  const open = () =>
    new Promise((resolve, reject) => {
      const asked = request(url, { headers, agent }, (answer) => resolve(answer.resume()));
      asked.on("error", reject).end();
    });
  const streams = [];
  while (streams.length < pages) {
    streams.push(...(await Promise.all(Array.from({ length: AT_ONCE }, open))));
  }
  await wait(IDLE_MS);
  const beforeMs = cpuMsOf(server.pid);
  await wait(seconds * 1_000);
  const share = (cpuMsOf(server.pid) - beforeMs) / (seconds * 1_000);
  const bytes = (memoryOf(server.pid) - beforeBytes) / streams.length;
  for (const stream of streams) stream.destroy();
  agent.destroy();
  return { share, bytes };
}

/** A process and all that it has started, itself first. */
function toTree(pid) {
  const parents = readdirSync("/proc").flatMap((name) => {
    const stat = /^\d+$/.test(name) ? readStat(name) : undefined;
    return stat === undefined ? [] : [[Number(name), Number(stat[1])]];
  });
  const tree = [pid];
  for (const each of tree) {
    tree.push(...parents.flatMap(([child, parent]) => (parent === each ? [child] : [])));
  }
  return tree;
}

/** From its state on; a name may hold anything. */
function readStat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

function cpuMsOf(pid) {
  const [user = 0, system = 0] = (readStat(pid) ?? []).slice(11, 13).map(Number);
  return ((user + system) * 1_000) / TICKS_PER_SECOND;
}

/** What it takes by itself, and its share of what it shares with others. */
function memoryOf(pid) {
  const [, kilobytes] =
    /^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
  return Number(kilobytes) * 1_024;
}

function toMega(bytes) {
  return Math.round(bytes / 1e6);
}

function printMoves(
  name,
  viewers,
  { p50Ms, p95Ms, maxMs, refused, errors, cpuMs, serverMs, deliveredPerSecond },
) {
  const times = `p50 ${p50Ms.toFixed(0)}, p95 ${p95Ms.toFixed(0)}, most ${maxMs.toFixed(0)} ms`;
  const failed = errors === 0 ? "" : `; ${errors} errors, of which ${refused} refused`;
  const cpu = `${cpuMs.toFixed(1)} ms of processors a move, ${serverMs.toFixed(1)} of it in the server`;
  console.log(
    `  ${String(viewers).padStart(3)} viewers, ${name.padEnd(8)}${times.padEnd(36)}${cpu}, ${deliveredPerSecond.toFixed(0)} a second${failed}`,
  );
}
