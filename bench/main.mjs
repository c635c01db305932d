// Times what this project promises beside what people would pick instead, in turn, in processor and wall time. Its arguments
// choose some of the groups below; numbers among them are the rows of those that take sizes. `--against DIR` (or BENCH_BEFORE)
// names the checkout of an earlier build, which is timed in turn with this one; `--small` takes the smallest sizes, once; `--list` names the groups;
// `--keep` writes what was measured to bench/results.json and draws the pictures of docs/performance.md anew.
import { loadavg } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { preparePeers } from "./peers.mjs";
import { Report } from "./report.mjs";

/** Each measures and prints one subject; loaded when it is asked for. */
const GROUPS = {
  start: async () => (await import("./start-up.mjs")).printStartUp,
  big: async () => (await import("./big.mjs")).printBig,
  csv: async () => (await import("./csv.mjs")).printCsv,
  parquet: async () => (await import("./parquet.mjs")).printParquet,
  postgres: async () => (await import("./postgres.mjs")).printPostgres,
  python: async () => (await import("./python-cells.mjs")).printPythonCells,
  verbs: async () => (await import("./verbs.mjs")).printVerbs,
  queue: async () => (await import("./queued-tables.mjs")).printQueuedTables,
  answers: async () => (await import("./server-answers.mjs")).printServerAnswers,
  load: async () => (await import("./server-load.mjs")).printServerLoad,
  downloads: async () => (await import("./server-csv.mjs")).printServerCsv,
  fibonacci: async () => (await import("./server-fibonacci.mjs")).printFibonacci,
  history: async () => (await import("./history.mjs")).printHistory,
  page: async () => (await import("./page.mjs")).printPages,
  viewers: async () => (await import("./viewers.mjs")).printViewers,
  redaction: async () => (await import("./redaction.mjs")).printRedaction,
};

const root = fileURLToPath(new URL("..", import.meta.url));
// Who is interrupted still ends the workers that it started.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
// Node 20 spends 40 ms of each start on it.
delete process.env["NODE_EXTRA_CA_CERTS"];

const { values, positionals } = parseArgs({
  options: {
    against: { type: "string" },
    small: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
if (values.list) {
  console.log(Object.keys(GROUPS).join("\n"));
  process.exit();
}
const isSize = (argument) => /^\d+$/.test(argument);
const sizes = positionals.filter(isSize).map(Number);
const asked = positionals.filter((argument) => !isSize(argument));
const unknown = asked.filter((name) => !Object.hasOwn(GROUPS, name));
if (unknown.length > 0) {
  console.error(`Expected some of ${Object.keys(GROUPS).join(", ")}, got ${unknown.join(", ")}`);
  process.exit(2);
}

const rounds = values.small ? 1 : Number(process.env["BENCH_ROUNDS"] ?? 15);
const beforeFolder = values.against ?? process.env["BENCH_BEFORE"];
const before = beforeFolder && `${resolve(beforeFolder)}/`;
const { python } = preparePeers(root);
const report = new Report();
console.log(`Node ${process.versions.node}, ${rounds} rounds\n`);
for (const [name, load] of Object.entries(GROUPS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const print = await load();
  const record = report.recorder(name, loadavg()[0]);
  await print({ root, before, python, rounds, sizes, isSmall: values.small, record });
}
// Targets are of the sizes that are worth waiting for.
if (values.small) console.log(`${report.size} figures, of the smallest sizes`);
else report.printTargets();
if (values.keep) {
  const { drawPictures } = await import("./pictures.mjs");
  await drawPictures(root, await report.keep(`${root}bench/results.json`));
}
