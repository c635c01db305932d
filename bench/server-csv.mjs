import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { SERVER_CONFIG, startHexServer } from "./hex-server.mjs";
import { readFirstThreadMs } from "./processor-time.mjs";
import { prepareWide } from "./projects.mjs";
import { summarise } from "./summarise.mjs";
import { startWorkerProcess } from "./worker-process.mjs";

const ROWS = 1_000_000;
const SMALL_ROWS = 10_000;
/** How long whoever looks at the server meanwhile waits between two looks. */
const LOOK_MS = 20;
const PEER = "the stored file";

/**
 * Downloads of a table as CSV: processor time of the thread that answers, beside that of a server which
 * does nothing but send the stored file, and how long another answer took at most meanwhile.
 */
export async function printServerCsv({ root, before, rounds, isSmall, record }) {
  const rows = isSmall ? SMALL_ROWS : ROWS;
  console.log(
    `CSV of ${rows.toLocaleString("en")} rows × 8, time of the thread that answers (load average ${loadavg()[0]?.toFixed(1)})`,
  );
  const wide = await prepareWide(root, rows);
  const downloads = [];
  try {
    await asServed(wide.project);
    downloads.push(await openFile(root, wide.csv));
    if (before !== undefined) downloads.push(...(await openBuild(before, wide, "before")));
    downloads.push(...(await openBuild(root, wide, "hex")));
    const figures = await timeInTurn(downloads, Math.ceil(rounds / 5));
    for (const [{ tool, row }, { cpuMs, wallMs, worstMs }] of figures) {
      console.log(
        `  ${`${tool}, ${row}`.padEnd(44)}${cpuMs.toFixed(0).padStart(6)} ms of processor time, ${wallMs.toFixed(0)} ms in all, another answer took at most ${worstMs.toFixed(0)} ms`,
      );
    }
    recordRows(figures, rows, record);
    console.log("");
  } finally {
    for (const { stop } of downloads) await stop();
    await wide.remove();
  }
}

/** Each way of a download is a row, beside the file that is merely sent. */
function recordRows(figures, size, record) {
  const table = "CSV download";
  const [[, sent], ...others] = figures;
  for (const row of new Set(others.map(([download]) => download.row))) {
    record({ table, row, size, tool: PEER, cpuMs: sent.cpuMs, wallMs: sent.wallMs, target: 2 });
  }
  for (const [{ tool, row }, { cpuMs, wallMs }] of others) {
    record({ table, row, size, tool, cpuMs, wallMs });
  }
}

async function asServed(project) {
  const path = join(project, "hex.config.json");
  const config = JSON.parse(await readFile(path, "utf8"));
  const served = { ...config, ...SERVER_CONFIG, projectId: randomUUID() };
  await writeFile(path, JSON.stringify(served));
}

async function openFile(root, path) {
  const peer = await startWorkerProcess(["node", `${root}bench/peers/send-file.mjs`, path], {
    readyLine: /^ready/,
  });
  const target = { url: `http://127.0.0.1:${peer.readyAs.split(" ").at(-1)}/` };
  const look = { url: `${target.url}up` };
  return { tool: PEER, row: "sent", pid: peer.pid, target, look, stop: () => peer.stop() };
}

/** What programs and what viewers get of one table. */
async function openBuild(root, { project }, tool) {
  const server = await startHexServer(root, project);
  const runId = await server.publish();
  const state = server.toPageTarget("/page/state");
  const { evaluation } = await (await fetch(state.url, { headers: state.headers })).json();
  const ask = encodeURIComponent(JSON.stringify({ evaluation, cell: "sales" }));
  const look = server.toTarget(runId);
  const ways = {
    "whole, for programs": server.toTarget(`${runId}/cells/sales/output?format=csv`),
    "whole, from a page": server.toPageTarget(`/page/csv?ask=${ask}`),
  };
  const downloads = Object.entries(ways).map(([row, target]) => {
    return { tool, row, pid: server.pid, target, look, stop: async () => undefined };
  });
  return downloads.with(0, { ...downloads[0], stop: () => server.stop() });
}

/** The first download of each does not count. */
async function timeInTurn(downloads, rounds) {
  const all = new Map(downloads.map((download) => [download, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const download of downloads) {
      const figures = await timeOne(download);
      if (round > 0) all.get(download).push(figures);
    }
  }
  return [...all].map(([download, figures]) => {
    const median = (key) => summarise(figures.map((each) => each[key])).medianMs;
    const worstMs = Math.max(...figures.map((each) => each.worstMs));
    return [download, { cpuMs: median("cpuMs"), wallMs: median("wallMs"), worstMs }];
  });
}

async function timeOne({ pid, target, look }) {
  let isGoing = true;
  const looking = (async () => {
    let worstMs = 0;
    while (isGoing) {
      const askedMs = performance.now();
      await fetchAll(look);
      worstMs = Math.max(worstMs, performance.now() - askedMs);
      await wait(LOOK_MS);
    }
    return worstMs;
  })();
  const [startMs, startCpuMs] = [performance.now(), readFirstThreadMs(pid)];
  await fetchAll(target);
  const figures = {
    wallMs: performance.now() - startMs,
    cpuMs: readFirstThreadMs(pid) - startCpuMs,
  };
  isGoing = false;
  return { ...figures, worstMs: await looking };
}

function fetchAll({ url, headers = {} }) {
  return new Promise((resolve, reject) => {
    get(url, { headers }, (answer) => {
      answer.on("error", reject).on("end", () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`${url} answers ${answer.statusCode}`));
      });
      answer.resume();
    }).on("error", reject);
  });
}
