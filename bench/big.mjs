import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { asWhole, measureInTurn, tell } from "./jobs.mjs";
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
export async function printBig({ root, before, python, rounds, sizes, isSmall, record }) {
  if (!python) return console.log("Big frames were not timed: no python3 with venv is here.\n");
  const asked = sizes.length > 0 ? sizes : SIZES;
  for (const rows of isSmall ? [SMALLEST] : asked) {
    await printSize({ root, before, python, rounds, record, rows });
  }
}

async function printSize({ rounds, record, rows, ...builds }) {
  const { root, before } = builds;
  const projects = { hex: await prepareWide(root, rows) };
  if (before) projects.before = await prepareWide(before, rows);
  const most = rows > LARGE ? LARGE_ROUNDS : MOST_ROUNDS;
  for (const toTable of [appTable, logicTable]) {
    const { row, commands, targets, memory } = await toTable({ ...builds, rows, projects });
    const figures = measureInTurn(commands, Math.min(rounds, most));
    const note = ({ peakBytes }) => toNote(peakBytes / (rows * ROW_BYTES), memory);
    const told = { record, targets, note, by: rows > LARGE ? "wallMs" : "cpuMs" };
    tell({ table: "Big frames", row, size: rows }, figures, told);
  }
  for (const { remove } of Object.values(projects)) await remove();
}

function toNote(ratio, memory) {
  return `  The peak is ${ratio.toFixed(2)} of the columns' own memory (target at most ${memory} at 10,000,000 rows)`;
}

function appTable({ root, before, python, rows, projects }) {
  const run = (build, { project }) => {
    const argv = [
      "run",
      "--context",
      "app",
      "--json",
      "--project",
      project,
      "--input",
      "region=r3",
    ];
    return asWhole(root, python, ["node", `${build}dist/hex.js`, ...argv]);
  };
  const arrow = join(projects.hex.project, ".hex/store/sales.arrow");
  const isLarge = rows > LARGE;
  const pandas = [python, `${root}bench/peers/wide_pandas.py`, projects.hex.csv];
  return {
    row: "app run: read back, filter to one region, print the first 20",
    commands: {
      hex: run(root, projects.hex),
      ...(before && { before: run(before, projects.before) }),
      polars: asWhole(root, python, [python, `${root}bench/peers/big_polars.py`, "app", arrow]),
      // It takes minutes of the machine for more.
      ...(!isLarge && { pandas: asWhole(root, python, pandas) }),
    },
    targets: { polars: isLarge ? 0.4 : 0.8, pandas: 0.2 },
    memory: 1.1,
  };
}

async function logicTable({ root, before, python, projects }) {
  const run = (build, { project }) => {
    const argv = ["run", "--json", "--quiet", "--project", project];
    return asWhole(root, python, ["node", `${build}dist/hex.js`, ...argv]);
  };
  const { csv, project } = projects.hex;
  const folder = join(project, "..", "polars");
  await mkdir(folder);
  const polars = [python, `${root}bench/peers/big_polars.py`, "logic", csv, folder];
  return {
    row: "logic run: read a CSV, publish CSV and Arrow with SHA-256, down to the disk",
    commands: {
      hex: run(root, projects.hex),
      ...(before && { before: run(before, projects.before) }),
      polars: asWhole(root, python, polars),
    },
    targets: { polars: 1.3 },
    memory: 2,
  };
}
