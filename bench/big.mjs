import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { measureInTurn } from "./csv.mjs";
import { prepareWide } from "./projects.mjs";

const SIZES = [1_000_000, 10_000_000];
const SMALLEST = 10_000;
/** What takes seconds is repeated less often than what the other benchmarks time. */
const MOST_ROUNDS = 7;
const LARGE = 5_000_000;
const LARGE_ROUNDS = 3;
/** Of each row of the columns in memory: two doubles, days, two whole numbers, codes of two texts, and bits. */
const ROW_BYTES = 36.25;

/**
 * Times runs over frames of 8 columns, whole processes in turn: app runs that read one back from its Arrow
 * file, and logic runs that read a CSV and publish it. `peak` is the most memory that one process had.
 */
export async function printBig({ root, before, python, rounds, sizes = [], isSmall, record }) {
  if (!python) return console.log("Big frames were not timed: no python3 with venv is here.\n");
  // Node 20 spends 40 ms of each start on it.
  delete process.env["NODE_EXTRA_CA_CERTS"];
  const asked = sizes.length > 0 ? sizes : SIZES;
  for (const rows of isSmall ? [SMALLEST] : asked) {
    const projects = { hex: await prepareWide(root, rows) };
    if (before) projects.before = await prepareWide(before, rows);
    const most = rows > LARGE ? LARGE_ROUNDS : MOST_ROUNDS;
    const bench = { root, before, python, rows, projects, record };
    for (const table of [appTable, logicTable]) {
      const { title, commands, targets } = await table(bench);
      const figures = measureInTurn(commands, isSmall ? 1 : Math.min(rounds, most));
      printFigures(title, figures, targets, bench);
    }
    for (const { remove } of Object.values(projects)) await remove();
  }
}

function appTable({ root, before, python, rows, projects }) {
  const measured = (...command) => [python, `${root}bench/peers/measure.py`, ...command];
  const run = (build, { project }) => [
    ...["node", `${build}dist/hex.js`, "run", "--context", "app", "--json"],
    ...["--project", project, "--input", "region=r3"],
  ];
  const arrow = join(projects.hex.project, ".hex/store/sales.arrow");
  const isLarge = rows > LARGE;
  return {
    title: "App run: read back, filter to one region, print the first 20",
    commands: {
      hex: measured(...run(root, projects.hex)),
      ...(before && { before: measured(...run(before, projects.before)) }),
      polars: measured(python, `${root}bench/peers/big_polars.py`, "app", arrow),
      // It takes minutes of the machine for more.
      ...(!isLarge && {
        pandas: measured(python, `${root}bench/peers/wide_pandas.py`, projects.hex.csv),
      }),
    },
    targets: { polars: isLarge ? 0.4 : 0.8, pandas: 0.2, columns: 1.1 },
  };
}

async function logicTable({ root, before, python, projects }) {
  const measured = (...command) => [python, `${root}bench/peers/measure.py`, ...command];
  const run = (build, { project }) => [
    ...["node", `${build}dist/hex.js`, "run", "--json", "--quiet", "--project", project],
  ];
  const folder = join(projects.hex.project, "..", "polars");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const { csv } = projects.hex;
  return {
    title: "Logic run: read a CSV, publish CSV and Arrow with SHA-256, down to the disk",
    commands: {
      hex: measured(...run(root, projects.hex)),
      ...(before && { before: measured(...run(before, projects.before)) }),
      polars: measured(python, `${root}bench/peers/big_polars.py`, "logic", csv, folder),
    },
    targets: { polars: 1.3, columns: 2 },
  };
}

function printFigures(title, figures, targets, { rows, record }) {
  const ours = figures.get("hex");
  const columnBytes = rows * ROW_BYTES;
  console.log(`${title}; ${rows.toLocaleString("en")} rows × 8 columns`);
  console.log(`${" ".repeat(12)}processor        wall        peak  ours ÷ theirs`);
  for (const [tool, { cpuMs, wallMs, peakBytes }] of figures) {
    const target = tool === "hex" ? targets.columns : targets[tool];
    record?.({ table: title, row: "run", size: rows, tool, wallMs, cpuMs, bytes: peakBytes, target });
    const times = [cpuMs, wallMs].map((ms) => `${ms.toFixed(0)} ms`.padStart(12));
    const most = target === undefined ? "" : ` (target at most ${target})`;
    const ratios = [
      `${(ours.cpuMs / cpuMs).toFixed(2)} of its processor time`,
      `${(ours.wallMs / wallMs).toFixed(2)} of its wall time${most}`,
    ];
    const told =
      tool === "hex"
        ? `peak is ${(peakBytes / columnBytes).toFixed(2)} of the columns' ${megabytes(columnBytes)}${most}`
        : ratios.join(", ");
    console.log(`  ${tool.padEnd(7)}${times.join("")}${megabytes(peakBytes).padStart(12)}  ${told}`);
  }
  console.log("");
}

function megabytes(bytes) {
  return `${Math.round(bytes / 1e6).toLocaleString("en")} MB`;
}
