import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { run as runJob } from "./jobs.mjs";
import { removeFolder, writeWideCsv } from "./projects.mjs";
import { summarise } from "./summarise.mjs";

const MOST_ROUNDS = 5;

/** Ours ÷ theirs, at most, in processor time. */
const TARGETS = { "to_csv + read_csv": 0.5, "to_feather + read_feather": 2 };

/**
 * Times what Python cells cost beside pandas: a frame's way from Python to the runtime and back, and
 * the start of a cell that does nothing.
 */
export async function printPythonCells({ root, python, rounds: asked, isSmall, record }) {
  if (!python) {
    console.log("Python cells were not timed: no python3 with venv is here.\n");
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
  const module = await bundle(root);
  const size = isSmall ? 10_000 : 1_000_000;
  const bench = {
    root,
    python,
    folder,
    module,
    size,
    record,
    rounds: Math.min(asked, MOST_ROUNDS),
  };
  await writeWideCsv(join(folder, "wide.csv"), size);
  printWays(bench, measureWays(bench));
  await printStart(bench);
  await removeFolder(folder);
}

/** Each step of each way in a process of its own, once a round; the first round does not count. */
function measureWays({ root, python, folder, module, rounds }) {
  const at = (name) => join(folder, name);
  const peer = `${root}bench/peers/python_frames.py`;
  const step = (job, name) => [python, peer, job, at("wide.csv"), at(name)];
  const hand = ["node", `${root}bench/python-jobs.mjs`, "hand", module, at("a"), at("b")];
  const ways = {
    hex: [step("ours-write", "a"), hand, step("ours-read", "b")],
    "to_csv + read_csv": [step("to-csv", "c"), step("read-csv", "c")],
    "to_feather + read_feather": [step("to-feather", "f"), step("read-feather", "f")],
  };
  const figures = new Map(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, steps] of Object.entries(ways)) {
      const times = steps.map((command) => JSON.parse(run(root, command)));
      if (round > 0) figures.get(name).push(times);
    }
  }
  return figures;
}

function printWays({ size, record }, figures) {
  const row = "a frame of 8 columns from pandas to the runtime and back";
  console.log(`${row}, ${size.toLocaleString("en")} rows, by steps; medians`);
  const ours = total(figures.get("hex"), "cpuMs");
  for (const [name, all] of figures) {
    const [cpuMs, wallMs] = ["cpuMs", "wallMs"].map((unit) => total(all, unit));
    record({ table: "Python", row, size, tool: name, cpuMs, wallMs, target: TARGETS[name] });
    const [cpu, wall] = [cpuMs, wallMs].map((ms) => `${Math.round(ms)} ms`);
    const steps = all[0].map((_, index) => medianOf(all.map((times) => times[index].cpuMs)));
    const sum = steps.map(Math.round).join(" + ").padEnd(14);
    const ratio = (ours / cpuMs).toFixed(2);
    const target = TARGETS[name];
    const told = target ? `ours is ${ratio} of it (target at most ${target})` : "";
    const times = `processor ${cpu.padStart(8)} = ${sum} wall ${wall.padStart(8)}`;
    console.log(`  ${name.padEnd(26)}${times}  ${told}`);
  }
  console.log("");
}

function total(all, unit) {
  return medianOf(all.map((times) => times.reduce((sum, each) => sum + each[unit], 0)));
}

function medianOf(times) {
  return summarise(times).medianMs;
}

async function printStart({ root, python, folder, module, rounds, record }) {
  await writeFile(join(folder, "cell.py"), "cell = 1\n");
  const bareMs = [];
  for (let round = 0; round <= rounds; round++) {
    const startedMs = performance.now();
    run(root, [python, "-c", "0"]);
    if (round > 0) bareMs.push(performance.now() - startedMs);
  }
  const job = ["node", `${root}bench/python-jobs.mjs`, "cells", module, folder, python];
  const { timesMs } = JSON.parse(run(root, job));
  const row = "a Python cell that does nothing";
  for (const [tool, times] of Object.entries({ hex: timesMs, "python3 -c 0": bareMs })) {
    const wallMs = medianOf(times);
    record({ table: "Python", row, tool, wallMs });
    console.log(`${row}: ${tool} ${wallMs.toFixed(0)} ms`);
  }
  console.log("");
}

function run(root, command) {
  return runJob(command, { env: { ...process.env, PYTHONPATH: join(root, "python") } });
}

/** What carries out Python cells; the package exports none of it. */
async function bundle(root) {
  const outfile = `${root}.cache/bench-csv/python.mjs`;
  const contents = `
    export { openArrow } from "./src/frame/arrow/arrow-file.ts";
    export { arrowBlocks } from "./src/frame/arrow/arrow-write.ts";
    export { runPython } from "./src/python/run-python.ts";
  `;
  await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    outfile,
    ...{ bundle: true, format: "esm", platform: "node", target: "node20.19" },
    ...{ packages: "external", logLevel: "warning" },
  });
  return outfile;
}
