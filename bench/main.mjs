// Times starts, whole processes, CSV, Parquet, Python cells, PostgreSQL, runs that wait in a queue, the HTTP server and its
// page, beside their peers. Its arguments choose some of that: start, apps, csv, parquet, python, postgres, verbs, queue, load,
// fibonacci, page, redaction; numbers among them are the rows of verbs. `--against DIR` (or BENCH_BEFORE) names the checkout of
// an earlier build, which start, csv, verbs, load and page then time in turn with this one.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { printCsv } from "./csv.mjs";
import { printHistory } from "./history.mjs";
import { printPages } from "./page.mjs";
import { printParquet } from "./parquet.mjs";
import { preparePeers } from "./peers.mjs";
import { printPostgres } from "./postgres.mjs";
import { preparePlanets, prepareWide } from "./projects.mjs";
import { printPythonCells } from "./python-cells.mjs";
import { printQueuedTables } from "./queued-tables.mjs";
import { printRedaction } from "./redaction.mjs";
import { printFibonacci } from "./server-fibonacci.mjs";
import { printServerLoad } from "./server-load.mjs";
import { printStartUp } from "./start-up.mjs";
import { timeInTurn } from "./time-in-turn.mjs";
import { printVerbs } from "./verbs.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const hex = `${root}dist/hex.js`;
// Who is interrupted still ends the workers that it started.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 15);
const { values, positionals } = parseArgs({
  options: { against: { type: "string" } },
  allowPositionals: true,
});
const beforeFolder = values.against ?? process.env["BENCH_BEFORE"];
const before = beforeFolder && `${resolve(beforeFolder)}/`;

const groups = {
  start: printStartUp,
  apps: printApps,
  csv: printCsv,
  parquet: printParquet,
  postgres: printPostgres,
  python: printPythonCells,
  verbs: printVerbs,
  queue: printQueuedTables,
  load: printServerLoad,
  fibonacci: printFibonacci,
  page: printPages,
  redaction: printRedaction,
  history: printHistory,
};
const isSize = (argument) => /^\d+$/.test(argument);
const sizes = positionals.filter(isSize).map(Number);
const asked = positionals.filter((argument) => !isSize(argument));
const unknown = asked.filter((name) => !Object.hasOwn(groups, name));
if (unknown.length > 0) {
  console.error(`Expected some of ${Object.keys(groups).join(", ")}, got ${unknown.join(", ")}`);
  process.exit(2);
}

console.log(`Node ${process.versions.node}, ${rounds} rounds\n`);
const { python } = await preparePeers(root);
for (const [name, print] of Object.entries(groups)) {
  if (asked.length === 0 || asked.includes(name))
    await print({ root, before, python, rounds, sizes });
}

async function printApps() {
  const planets = await preparePlanets(root);
  const wide = await prepareWide(root);
  console.log("Whole processes in turn, medians\n");
  for (const table of toAppTables(planets, wide))
    printTable(table, timeInTurn(table.commands, rounds));
  if (!python) console.log("pandas and polars were not timed: no python3 with venv here.");
  await planets.remove();
  await wide.remove();
}

function toAppTables(planets, wide) {
  return [
    {
      title: "App run of planets: read 1,035 rows back, filter to Transit, print the first 20",
      commands: {
        "node -e 0": ["node", "-e", "0"],
        "hex run --context app": [...appRun(planets.project), "--input", "method=Transit"],
        ...(python && { pandas: peer("planets_pandas.py", planets.csv) }),
        ...(python && { polars: peer("planets_polars.py", planets.csv) }),
      },
      targets: { pandas: 0.5, "node -e 0": 3 },
    },
    {
      title:
        "App run on 1,000,000 rows × 8 columns: read back, filter to one region, print the first 20",
      commands: {
        "node -e 0": ["node", "-e", "0"],
        "hex run --context app": [...appRun(wide.project), "--input", "region=r3"],
        "hex, CSV only (no Arrow file)": [...appRun(wide.csvOnly), "--input", "region=r3"],
        ...(python && { pandas: peer("wide_pandas.py", wide.csv) }),
        ...(python && { polars: peer("wide_polars.py", wide.csv) }),
      },
      targets: { pandas: 0.3, polars: 1.5 },
    },
  ];
}

function appRun(project) {
  return ["node", hex, "run", "--context", "app", "--json", "--project", project];
}

function peer(script, ...argv) {
  return [python, `${root}bench/peers/${script}`, ...argv];
}

function printTable({ title, targets }, figures) {
  const ours = figures.get("hex run --context app");
  console.log(title);
  for (const [name, { medianMs, minMs, maxMs }] of figures) {
    const ratio = `ours is ${(ours.medianMs / medianMs).toFixed(2)} of it`;
    const target = name in targets ? ` (target at most ${targets[name]})` : "";
    const range = `${Math.round(minMs)} to ${Math.round(maxMs)}`;
    const time = `${Math.round(medianMs)} ms`.padStart(9);
    console.log(`  ${name.padEnd(32)}${time}  ${range.padEnd(16)}${ratio}${target}`);
  }
  console.log("");
}
