// Times whole processes, and runs that wait in a queue, beside their peers; prints medians and ratios.
import { fileURLToPath } from "node:url";
import { preparePeers } from "./peers.mjs";
import { preparePlanets, prepareWide } from "./projects.mjs";
import { printQueuedTables } from "./queued-tables.mjs";
import { timeInTurn } from "./time-in-turn.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const hex = `${root}dist/hex.js`;
// Who is interrupted still ends the workers that it started.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 15);

console.log(`Node ${process.versions.node}, ${rounds} rounds in turn, whole processes, medians\n`);
const peers = await preparePeers(root);
const planets = await preparePlanets(root);
const wide = await prepareWide(root);

const appRun = (project) => [
  "node",
  hex,
  "run",
  "--context",
  "app",
  "--json",
  "--project",
  project,
];
const python = (script, ...argv) => [peers.python, `${root}bench/peers/${script}`, ...argv];

const tables = [
  {
    title: "App run of planets: read 1,035 rows back, filter to Transit, print the first 20",
    commands: {
      "node -e 0": ["node", "-e", "0"],
      "hex run --context app": [...appRun(planets.project), "--input", "method=Transit"],
      ...(peers.python && { pandas: python("planets_pandas.py", planets.csv) }),
      ...(peers.python && { polars: python("planets_polars.py", planets.csv) }),
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
      ...(peers.python && { pandas: python("wide_pandas.py", wide.csv) }),
      ...(peers.python && { polars: python("wide_polars.py", wide.csv) }),
    },
    targets: { pandas: 0.3, polars: 1.5 },
  },
];

for (const table of tables) printTable(table, timeInTurn(table.commands, rounds));
if (!peers.python) console.log("pandas and polars were not timed: no python3 with venv here.");
await planets.remove();
await wide.remove();
await printQueuedTables({ root, python: peers.python, rounds });

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
