import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openSources } from "./doors.mjs";
import { summarise } from "./summarise.mjs";

const DAY_MS = 86_400_000;
/** What a page of runs costs at least, and how many of them one may cost. */
const RECORDS = 25;
const TARGET = 3;
/** S3 takes more objects at once than one after the other. */
const WRITTEN_AT_ONCE = 32;
const BASE = `${RECORDS} records`;
const MOST_ROUNDS = 7;
const NO_SERVERS = { servers: [], stop: async () => {} };
const SMALL = [{ days: 4, aDay: 5 }];
const SIZES = [
  { days: 20, aDay: 100 },
  { days: 20, aDay: 1_000 },
];

const SOURCES = `
  export { openRunHistory } from "./src/run/history/run-history.ts";
  export { newRunId, keysOf } from "./src/run/history/run-id.ts";
  export { DirectoryStore } from "./src/store/directory/directory-store.ts";
  export { S3Store } from "./src/store/s3/s3-store.ts";
`;
const SERVERS = `export { startS3Servers } from "./test/servers/s3-servers.ts";`;

/**
 * What pages of runs cost, in a directory and on an S3 server: filters, pages far back, and runs that
 * are not there, beside reading 25 records; at two numbers of runs, since none is to matter.
 */
export async function printHistory({ root, before, rounds, isSmall, record = () => {} }) {
  const builds = [{ tool: "hex", sources: await openSources(root, "history", SOURCES) }];
  if (before) {
    const sources = await openSources(before, "history-before", SOURCES, root);
    builds.push({ tool: "before", sources });
  }
  const around = { builds, record, rounds: isSmall ? 1 : Math.min(rounds, MOST_ROUNDS) };
  // A server takes longer to start than all that is measured then.
  const { servers, stop } = isSmall ? NO_SERVERS : await startServers(root);
  const [server] = servers;
  if (server === undefined) console.log("S3 was not timed: no server here.");
  try {
    for (const size of isSmall ? SMALL : SIZES) {
      await printPlace(await openFolder(), { ...around, size });
      if (server !== undefined) await printPlace(openBucket(server, size), { ...around, size });
    }
  } finally {
    await stop();
  }
}

async function startServers(root) {
  const { startS3Servers } = await openSources(root, "s3-servers", SERVERS);
  return startS3Servers({ env: {}, projectDirectory: root, log() {} });
}

async function printPlace(place, { builds, size, rounds, record }) {
  const runs = await place.fill(builds[0].sources, toRuns(builds[0].sources, size));
  const all = runs.length;
  const load = loadavg()[0].toFixed(1);
  console.log(
    `${place.name}: ${size.aDay} runs a day, ${all} in all; ${rounds} rounds in turn, medians; load average ${load}\n`,
  );
  const histories = builds.map(({ tool, sources }) => {
    const store = place.open(sources);
    return { tool, store, history: sources.openRunHistory(store) };
  });
  const figures = [];
  const looks = toLooks(runs);
  for (const tool of histories.map((each) => each.tool).reverse()) {
    // It wrote nothing that the other one reads: it goes first, and at many runs once.
    const times = tool === "before" && all > 2_000 ? 1 : rounds;
    const { history } = histories.find((each) => each.tool === tool);
    figures.push(...(await timeLooks(looks, { tool, history, times })));
  }
  for (const { store } of histories) await store.close();
  printFigures(figures, { place, all, record });
  await place.remove();
}

/** Each look so often, in turn, after a first one that may derive what later ones read. */
async function timeLooks(looks, { tool, history, times }) {
  const measured = new Map(looks.map(({ row }) => [row, []]));
  for (let round = 0; round <= times; round++) {
    for (const { row, look } of looks) measured.get(row).push(await measure(() => look(history)));
  }
  return looks.map(({ row }) => {
    const [first, ...later] = measured.get(row);
    const median = (unit) => summarise(later.map((each) => each[unit])).medianMs;
    return { row, tool, first, cpuMs: median("cpuMs"), wallMs: median("wallMs") };
  });
}

/** What is asked of a history, the newest runs first. */
function toLooks(runs) {
  const newest = runs.slice(0, RECORDS).map(({ runId }) => runId);
  // The build before has pages alone, whose search ends after 1,000 records.
  const list = (query) => (history) =>
    (history.find?.bind(history) ?? history.list.bind(history))({ limit: RECORDS, ...query });
  const old = runs[Math.floor(runs.length * 0.9)].runId;
  return [
    { row: BASE, look: (history) => Promise.all(newest.map((runId) => history.read(runId))) },
    { row: "the newest 25", look: list({}) },
    { row: "25 that failed (1 in 50)", look: list({ state: "failed" }) },
    { row: "25 of a schedule (1 in 500)", look: list({ schedule: "rare" }) },
    { row: "a context that no run has", look: list({ context: "api-triggered" }) },
    { row: "25 of the last tenth", look: list({ before: old }) },
    { row: "25 that failed, of the last tenth", look: list({ state: "failed", before: old }) },
    { row: "the one that runs", look: list({ state: "running" }) },
    { row: "25 from the middle, by offset", look: (history) => skip(history, runs) },
  ];
}

/** The build before knows no offset: who asked for one read all records before it. */
function skip(history, runs) {
  if (history.find === undefined) return history.list({ limit: 1_000 });
  return history.find({ limit: RECORDS, offset: Math.floor(runs.length / 2) });
}

async function measure(look) {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  await look();
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1_000 };
}

function printFigures(figures, { place, all, record }) {
  const base = figures.find(({ row, tool }) => row === BASE && tool === "hex");
  for (const { row, tool, first, cpuMs, wallMs } of figures) {
    const ratio = (cpuMs / base.cpuMs).toFixed(2);
    const times = `${toMs(cpuMs)} processor ${toMs(wallMs)} wall, at first ${toMs(first.cpuMs)}`;
    console.log(`  ${tool.padEnd(8)} ${row.padEnd(36)} ${times}  ${ratio}`);
    const figure = { table: `history, ${place.name}`, row, size: all };
    record({ ...figure, tool, wallMs, cpuMs });
    if (tool === "hex" && row !== BASE) {
      record({ ...figure, tool: BASE, wallMs: base.wallMs, cpuMs: base.cpuMs, target: TARGET });
    }
  }
  console.log("");
}

function toMs(ms) {
  return `${ms.toFixed(1).padStart(8)} ms`;
}

/** Records of runs that have ended, but for one; the newest first. */
function toRuns({ newRunId }, { days, aDay }) {
  const nowMs = Date.now();
  return Array.from({ length: days * aDay }, (_, n) => {
    // All of a day within its first minutes, so that today's are there whatever the time is.
    const midnightMs = Math.floor(nowMs / DAY_MS) * DAY_MS - Math.floor(n / aDay) * DAY_MS;
    const atMs = midnightMs + (aDay - (n % aDay)) * 10;
    return toRecord(newRunId(atMs), atMs, n);
  });
}

function toRecord(runId, atMs, n) {
  const at = (ms) => new Date(atMs + ms).toISOString();
  const isRare = n % 500 === 499;
  const state = n === 3 ? "running" : n % 50 === 49 ? "failed" : "completed";
  const cell = (name) => ({ name, status: "computed", startedAt: at(20), elapsedMs: 12 });
  return {
    format: 1,
    runId,
    context: n % 3 === 0 ? "logic" : "scheduled",
    trigger: isRare ? "schedule" : "cli",
    requestedBy: "ada@lab",
    ...(isRare && { occasion: { schedule: "rare", instant: at(0) } }),
    inputs: { method: "Transit", sleep_time: 5 },
    acceptSchema: false,
    isQueued: true,
    state,
    submittedAt: at(0),
    startedAt: at(5),
    endedAt: state === "running" ? null : at(900),
    attempts: [
      {
        attempt: 1,
        worker: "ada@lab:1",
        startedAt: at(5),
        ...(state !== "running" && { endedAt: at(900) }),
      },
    ],
    version: state === "completed" ? 7 : null,
    isPublisher: state === "completed",
    cells:
      state === "running" ? [] : ["intro", "sleep_time", "planets", "method", "filtered"].map(cell),
    ...(state === "failed" && {
      error: { code: "HEX_CELL_FAILED", message: "Expected planets, got none" },
    }),
    writes: [`${runId}-1`],
  };
}

function toObject({ keysOf }, run) {
  return [keysOf(run.runId).record, `${JSON.stringify(run, undefined, 1)}\n`];
}

async function openFolder() {
  const root = await mkdtemp(join(tmpdir(), "hex-bench-"));
  return {
    name: "directory",
    open: ({ DirectoryStore }) => new DirectoryStore(root),
    async fill(sources, runs) {
      for (const [key, text] of runs.map((run) => toObject(sources, run))) {
        await mkdir(join(root, dirname(key)), { recursive: true });
        await writeFile(join(root, key), text);
      }
      return runs;
    },
    remove: () => rm(root, { recursive: true }),
  };
}

function openBucket({ endpoint, region, accessKeyId, secretAccessKey }, { aDay }) {
  const location = {
    kind: "s3",
    bucket: `history-${aDay}`,
    prefix: "",
    endpoint,
    region,
    forcePathStyle: true,
  };
  const open = ({ S3Store }) =>
    new S3Store(location, { credentials: { accessKeyId, secretAccessKey } });
  return {
    name: "S3",
    open,
    async fill(sources, runs) {
      const { CreateBucketCommand, S3Client } = await import("@aws-sdk/client-s3");
      const credentials = { accessKeyId, secretAccessKey };
      const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
      await client.send(new CreateBucketCommand({ Bucket: location.bucket }));
      client.destroy();
      const store = open(sources);
      const objects = runs.map((run) => toObject(sources, run));
      for (let start = 0; start < objects.length; start += WRITTEN_AT_ONCE) {
        const some = objects.slice(start, start + WRITTEN_AT_ONCE);
        await Promise.all(some.map(([key, text]) => store.write(key, Buffer.from(text))));
      }
      await store.close();
      return runs;
    },
    remove: async () => {},
  };
}
