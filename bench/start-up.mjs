import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { hasPeer } from "./peers.mjs";
import { preparePlanets } from "./projects.mjs";
import { summarise } from "./summarise.mjs";
import { startWorkerProcess } from "./worker-process.mjs";

/** What goes on until it is stopped, and the line by which it says that it is there. */
const SERVICES = {
  "hex serve": { argv: ["serve", "--port", "0"], readyLine: /"server-started"/ },
  "hex dev": { argv: ["dev", "--port", "0"], readyLine: /http:\/\// },
  "hex worker": { argv: ["worker", "--json"], readyLine: /"worker-started"/ },
};

/**
 * What starting costs, in wall and processor time: an app run of planets beside Node doing nothing, and
 * services until they are there; with `before`, beside that build. Each build has a project of its own.
 */
export async function printStartUp({ root, before, python, rounds, isSmall, record }) {
  const builds = { hex: root, ...(before && { before }) };
  const projects = {};
  for (const [name, build] of Object.entries(builds)) projects[name] = await preparePlanets(build);
  const start = { root, python, rounds, isSmall, builds, projects };
  const runs = await measureRuns(start);
  const targets = { "node -e 0": process.versions.node.startsWith("20.") ? 3.5 : 3 };
  const row = `app run of planets, Node ${process.versions.node.split(".")[0]}`;
  printFigures("App run of planets, whole process", runs, "node -e 0");
  recordFigures(record, row, runs, { ...targets, pandas: 0.15, polars: 0.3 });
  if (existsSync("/proc/self/schedstat")) {
    for (const [name, service] of Object.entries(SERVICES)) {
      const title = `${name}, until it is there; processor time of its own process`;
      const figures = await measureService(service, start);
      printFigures(title, figures, "before");
      recordFigures(record, name, figures, { before: 0.6 });
    }
  }
  for (const { remove } of Object.values(projects)) await remove();
}

function measureRuns({ root, python = "python3", rounds, isSmall, builds, projects }) {
  const commands = { "node -e 0": ["node", "-e", "0"] };
  for (const [name, build] of Object.entries(builds)) {
    const run = ["node", `${build}dist/hex.js`, "run", "--context", "app", "--json"];
    commands[name] = [...run, "--project", projects[name].project, "--input", "method=Transit"];
  }
  for (const peer of ["pandas", "polars"].filter((name) => hasPeer(python, name))) {
    commands[peer] = [python, `${root}bench/peers/planets_${peer}.py`, projects.hex.csv];
  }
  const measure = `${root}bench/peers/measure.py`;
  return collect(Object.keys(commands), { rounds, isSmall }, (name) => {
    const { status, stdout, stderr } = spawnSync(python, [measure, ...commands[name]]);
    if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
    return JSON.parse(stdout);
  });
}

function measureService({ argv, readyLine }, { builds, projects, ...times }) {
  return collect(Object.keys(builds), times, async (name) => {
    const command = ["node", `${builds[name]}dist/hex.js`, ...argv];
    const startedMs = performance.now();
    const service = await startWorkerProcess([...command, "--project", projects[name].project], {
      readyLine,
    });
    const wallMs = performance.now() - startedMs;
    const [busyNs] = readFileSync(`/proc/${service.pid}/schedstat`, "utf8").split(" ");
    await service.stop();
    return { wallMs, cpuMs: Number(busyNs) / 1e6 };
  });
}

/** Each once a round, in turn, after two rounds that do not count: what was compiled is kept by then. */
async function collect(names, { rounds, isSmall }, measure) {
  const figures = new Map(names.map((name) => [name, []]));
  for (let round = isSmall ? 1 : -1; round <= rounds; round++) {
    for (const name of names) {
      const measured = await measure(name);
      if (round > 0) figures.get(name).push(measured);
    }
  }
  return figures;
}

function recordFigures(record, row, figures, targets) {
  for (const [tool, all] of figures) {
    const [wallMs, cpuMs] = ["wallMs", "cpuMs"].map((unit) => medianOf(all, unit));
    record({ table: "Start", row, tool, wallMs, cpuMs, target: targets[tool] });
  }
}

function medianOf(all, unit) {
  return summarise(all.map((each) => each[unit])).medianMs;
}

/** Medians, and in brackets what they are of those of `base`. */
function printFigures(title, figures, base) {
  const median = (name, unit) => medianOf(figures.get(name), unit);
  console.log(title);
  for (const name of figures.keys()) {
    const told = ["wallMs", "cpuMs"].map((unit) => {
      const ms = median(name, unit);
      const ratio = figures.has(base) ? ` (${(ms / median(base, unit)).toFixed(2)})` : "";
      return `${ms.toFixed(1)} ms ${unit === "cpuMs" ? "processor" : "wall"}${ratio}`;
    });
    console.log(`  ${name.padEnd(12)} ${told.map((each) => each.padEnd(28)).join("")}`);
  }
  console.log("");
}
