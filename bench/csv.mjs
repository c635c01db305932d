import { spawnSync } from "node:child_process";
import { createWriteStream, existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { build } from "esbuild";
import { prepareWide, removeFolder, writeWideCsv } from "./projects.mjs";
import { summarise } from "./summarise.mjs";

/** What takes seconds is repeated less often than what the other benchmarks time. */
const MOST_ROUNDS = 7;

/**
 * Times what a CSV costs beside pandas, polars and DuckDB, in turn: an app run that reads one, reading
 * that of another tool, publishing one, and files that are long, wide or small. Each job has a process
 * of its own; processor time counts all threads. Targets are ours ÷ theirs, in processor time.
 */
export async function printCsv({ root, before, python, rounds: asked }) {
  if (!python) {
    console.log(
      "CSV was not timed: its processor time is measured with Python, and no python3 with venv is here.\n",
    );
    return;
  }
  const rounds = Math.min(asked, MOST_ROUNDS);
  const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
  const wide = await prepareWide(root);
  const hexes = { hex: root, ...(before && { "hex before": before }) };
  const bench = { root, python, folder, wide, hexes, rounds };
  console.log(`CSV beside its peers, in turn; medians of what was timed ${rounds} times\n`);
  for (const toTable of [appTable, readTable, publishTable, columnsTable, smallTable, longTable]) {
    const { title, commands, targets, rounds: own = rounds, note } = await toTable(bench);
    printFigures(title, measureInTurn(commands, own), targets, note);
  }
  await wide.remove();
  await removeFolder(folder);
}

function appTable({ root, python, wide, hexes }) {
  const measured = (...command) => [python, `${root}bench/peers/measure.py`, ...command];
  const run = (hexRoot) => [
    ...["node", `${hexRoot}dist/hex.js`, "run", "--context", "app", "--json"],
    ...["--project", wide.csvOnly, "--input", "region=r3"],
  ];
  return {
    title:
      "App run over 1,000,000 rows × 8 columns with only the CSV in the store, whole processes",
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
    title: "readCsv of the same rows as another tool wrote them, types found over all of them",
    commands: readCommands(bench, bench.wide.csv, { read: ["pandas", "polars", "duckdb"] }),
    targets: { polars: 1.2, duckdb: 1.0 },
  };
}

async function publishTable({ root, python, folder, wide, hexes }) {
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
    title:
      "Publishing 1,000,000 × 8: CSV, Arrow, SHA-256 of both, down to the disk; pandas to_csv, polars write_csv and write_ipc",
    commands,
    targets: { pandas: 0.3, polars: 1.5 },
  };
}

async function columnsTable(bench) {
  const path = join(bench.folder, "columns.csv");
  await writeManyColumns(path, { columns: 5_000, rows: 1_000 });
  return {
    title: "readCsv of 5,000 columns × 1,000 rows",
    commands: readCommands(bench, path, { read: ["pandas", "polars", "duckdb"] }),
    targets: { polars: 2 },
  };
}

async function smallTable(bench) {
  const path = join(bench.folder, "small.csv");
  await writeWideCsv(path, 700);
  return {
    title: "The first readCsv of 36 kB in a process; pandas in a process that has read it 20 times",
    commands: readCommands(bench, path, { "read-warm": ["pandas"] }),
    targets: { pandas: 5, "hex before": 0.1 },
  };
}

async function longTable(bench) {
  const path = join(bench.folder, "long.csv");
  await writeWideCsv(path, 10_000_000);
  const note = ({ columnBytes, addedBytes }) =>
    `  Memory that reading adds at most is ${(addedBytes / columnBytes).toFixed(2)} of the columns' own ${megabytes(columnBytes)} (target at most 2)`;
  return {
    title: "readCsv of 10,000,000 × 8, once",
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

/** Each job once a round, after one round that does not count unless there is only one. */
export function measureInTurn(commands, rounds) {
  const figures = new Map(Object.keys(commands).map((name) => [name, []]));
  for (let round = rounds > 1 ? 0 : 1; round <= rounds; round++) {
    for (const [name, [program, ...argv]] of Object.entries(commands)) {
      const { status, stdout, stderr } = spawnSync(program, argv, { encoding: "utf8" });
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}${stdout}`);
      if (round > 0) figures.get(name).push(JSON.parse(stdout));
    }
  }
  return new Map([...figures].map(([name, all]) => [name, medianOf(all)]));
}

function medianOf(all) {
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, summarise(all.map((figures) => figures[name])).medianMs]),
  );
}

export function printFigures(title, figures, targets, note) {
  const ours = figures.get("hex");
  console.log(title);
  console.log(`${" ".repeat(14)}processor        wall        peak  ours ÷ theirs`);
  for (const [name, theirs] of figures) {
    const { cpuMs, wallMs, peakBytes } = theirs;
    const times = [cpuMs, wallMs].map((ms) => `${ms.toFixed(ms < 100 ? 1 : 0)} ms`.padStart(12));
    const target = name in targets ? ` (target at most ${targets[name]})` : "";
    const ratios = [
      `${(ours.cpuMs / cpuMs).toFixed(2)} of its processor time${target}`,
      `${(ours.wallMs / wallMs).toFixed(2)} of its wall time`,
    ];
    const told = name === "hex" ? "" : `  ${ratios.join(", ")}`;
    console.log(`  ${name.padEnd(10)}${times.join("")}${megabytes(peakBytes).padStart(12)}${told}`);
  }
  if (note) console.log(note(ours));
  console.log("");
}

function megabytes(bytes) {
  return `${Math.round(bytes / 1e6).toLocaleString("en")} MB`;
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
