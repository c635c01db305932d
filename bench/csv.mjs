import { createWriteStream, existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { build } from "esbuild";
import { asWhole, measureInTurn, tell } from "./jobs.mjs";
import { prepareWide, removeFolder, writeWideCsv } from "./projects.mjs";

/** What takes seconds is repeated less often than what the other benchmarks time. */
const MOST_ROUNDS = 7;

/**
 * Times what a CSV costs beside pandas, polars and DuckDB, in turn: an app run that reads one, reading
 * that of another tool, publishing one, and files that are long, wide or small. Each job has a process
 * of its own; processor time counts all threads. Targets are ours ÷ theirs, in processor time.
 */
export async function printCsv({ root, before, python, rounds: asked, isSmall, record }) {
  if (!python) {
    console.log(
      "CSV was not timed: its processor time is measured with Python, and no python3 with venv is here.\n",
    );
    return;
  }
  const rounds = Math.min(asked, MOST_ROUNDS);
  const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
  const rows = isSmall ? 10_000 : 1_000_000;
  const wide = await prepareWide(root, rows);
  const hexes = { hex: root, ...(before && { before }) };
  const bench = { root, python, folder, wide, hexes, rounds, rows };
  console.log(`CSV beside its peers, in turn; medians of what was timed ${rounds} times\n`);
  for (const toTable of [appTable, readTable, publishTable, columnsTable, smallTable, longTable]) {
    const { commands, rounds: own = rounds, size, row, ...told } = await toTable(bench);
    tell({ table: "CSV", row, size }, measureInTurn(commands, own), { ...told, record });
  }
  await wide.remove();
  await removeFolder(folder);
}

function appTable({ root, python, wide, hexes, rows }) {
  const measured = (...command) => asWhole(root, python, command);
  const run = (hexRoot) => [
    ...["node", `${hexRoot}dist/hex.js`, "run", "--context", "app", "--json"],
    ...["--project", wide.csvOnly, "--input", "region=r3"],
  ];
  return {
    row: "app run over 8 columns with only the CSV in the store, whole process",
    size: rows,
    commands: {
      ...mapValues(hexes, (hexRoot) => measured(...run(hexRoot))),
      pandas: measured(python, `${root}bench/peers/wide_pandas.py`, wide.csv),
      polars: measured(python, `${root}bench/peers/wide_polars.py`, wide.csv),
    },
    targets: { pandas: 0.6, polars: 1.1 },
  };
}

function readTable(bench) {
  return {
    row: "readCsv of another tool's, types found over all rows",
    size: bench.rows,
    commands: readCommands(bench, bench.wide.csv, { read: ["pandas", "polars", "duckdb"] }),
    targets: { polars: 1.2, duckdb: 1.0 },
  };
}

async function publishTable({ root, python, folder, wide, hexes, rows }) {
  const commands = {};
  for (const [name, hexRoot] of Object.entries(hexes)) {
    const module = await bundlePublishing(hexRoot);
    commands[name] = ourJob(root, "publish", module, wide.csv, join(folder, "store"));
  }
  const written = join(folder, "written.csv");
  for (const tool of ["pandas", "polars"]) {
    commands[tool] = theirJob(root, python, "publish", tool, wide.csv, written);
  }
  return {
    row: "publish CSV and Arrow with SHA-256, to the disk (pandas to_csv, polars write_csv and write_ipc)",
    size: rows,
    commands,
    targets: { pandas: 0.3, polars: 1.5 },
  };
}

async function columnsTable(bench) {
  const path = join(bench.folder, "columns.csv");
  const columns = bench.rows < 1_000_000 ? 500 : 5_000;
  await writeManyColumns(path, { columns, rows: columns / 5 });
  return {
    row: `readCsv of ${columns} columns`,
    size: columns / 5,
    commands: readCommands(bench, path, { read: ["pandas", "polars", "duckdb"] }),
    targets: { polars: 2 },
  };
}

async function smallTable(bench) {
  const path = join(bench.folder, "small.csv");
  await writeWideCsv(path, 700);
  return {
    row: "first readCsv of 36 kB in a process (pandas has read it 20 times)",
    size: 700,
    commands: readCommands(bench, path, { "read-warm": ["pandas"] }),
    targets: { pandas: 5 },
  };
}

async function longTable(bench) {
  const path = join(bench.folder, "long.csv");
  const size = bench.rows * 10;
  await writeWideCsv(path, size);
  const note = ({ columnBytes, addedBytes }) =>
    `  Memory that reading adds at most is ${(addedBytes / columnBytes).toFixed(2)} of the columns' own (target at most 2)`;
  return {
    row: "readCsv of another tool's, types found over all rows",
    size,
    commands: readCommands(bench, path, { read: ["pandas"] }),
    targets: {},
    rounds: 1,
    note,
  };
}

function readCommands({ root, python, hexes }, path, peers) {
  const theirs = Object.entries(peers).flatMap(([job, tools]) =>
    tools.map((tool) => [tool, theirJob(root, python, job, tool, path)]),
  );
  return {
    ...mapValues(hexes, (hexRoot) => ourJob(root, "read", `${hexRoot}dist/index.js`, path)),
    ...Object.fromEntries(theirs),
  };
}

function ourJob(root, ...job) {
  return ["node", `${root}bench/csv-jobs.mjs`, ...job];
}

function theirJob(root, python, ...job) {
  return [python, `${root}bench/peers/csv_jobs.py`, ...job];
}

/** What a run publishes with; the package exports none of it. */
const publishing = (readCsv, stageFrame) => `
  export { readCsv } from "${readCsv}";
  export { openStore } from "./src/store/open-store.ts";
  export { stageFrame } from "${stageFrame}";
`;

async function bundlePublishing(hexRoot) {
  const outfile = `${hexRoot}.cache/bench-csv/publishing.mjs`;
  // A build before may have them elsewhere.
  const find = (...places) => places.find((place) => existsSync(join(hexRoot, place)));
  const readCsv = find("./src/frame/csv/read/read-csv.ts", "./src/frame/read-csv.ts");
  const stageFrame = find("./src/store/staged-files.ts", "./src/store/staged-frame.ts");
  await build({
    stdin: { contents: publishing(readCsv, stageFrame), resolveDir: hexRoot, loader: "ts" },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    packages: "external",
    logLevel: "warning",
  });
  return outfile;
}

/** Whole numbers, decimals and texts, one after the other. */
async function writeManyColumns(path, { columns, rows }) {
  const file = createWriteStream(path);
  const numbers = Array.from({ length: columns }, (_, column) => column);
  file.write(`${numbers.map((column) => `c${column}`).join(",")}\n`);
  for (let row = 0; row < rows; row++) {
    const fields = numbers.map((column) => {
      const number = (row * 7_919 + column * 104_729) % 100_000;
      return [number, (number / 100).toFixed(2), `t${number % 100}`][column % 3];
    });
    if (!file.write(`${fields.join(",")}\n`)) {
      await new Promise((resolve) => file.once("drain", resolve));
    }
  }
  file.end();
  await finished(file);
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
