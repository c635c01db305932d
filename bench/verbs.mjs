import { spawnSync } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFolder } from "./projects.mjs";
import { summarise } from "./summarise.mjs";

const SIZES = [1_000_000];
/** A process of each tool a round, and in it so many times each verb, after one that does not count. */
const MOST_ROUNDS = 3;
const TIMES = 3;

/**
 * Times the verbs of frames beside DuckDB, polars and Arquero over the same rows, in processor time of all
 * threads and in wall time. Every result is made whole: all columns of the rows that are left, in their order.
 */
export async function printVerbs({ root, before, python, rounds, sizes = [] }) {
  if (!python) return console.log("Verbs were not timed: no python3 with venv is here.\n");
  for (const rows of sizes.length > 0 ? sizes : SIZES) {
    const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
    const theirs = `${root}bench/peers/verbs_jobs.py`;
    run(python, [theirs, "make", folder, String(rows)]);
    const ours = (hexRoot) => ["hex", `${hexRoot}dist/index.js`, folder, String(TIMES)];
    const jobs = `${root}bench/verbs-jobs.mjs`;
    const tools = {
      hex: ["node", jobs, ...ours(root)],
      ...(before && { before: ["node", jobs, ...ours(before)] }),
      duckdb: [python, theirs, "duckdb", folder, String(TIMES)],
      polars: [python, theirs, "polars", folder, String(TIMES)],
      // It takes minutes for more.
      ...(rows <= 1_000_000 && { arquero: ["node", jobs, "arquero", "", folder, "1"] }),
    };
    printTable(rows, measureInTurn(tools, Math.min(rounds, MOST_ROUNDS)));
    await removeFolder(folder);
  }
}

function measureInTurn(tools, rounds) {
  const all = new Map(Object.keys(tools).map((name) => [name, {}]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, [program, ...argv]] of Object.entries(tools)) {
      const times = all.get(name);
      for (const [verb, pairs] of Object.entries(JSON.parse(run(program, argv)))) {
        times[verb] = [...(times[verb] ?? []), ...pairs];
      }
    }
  }
  return all;
}

function run(program, argv) {
  const { status, stdout, stderr } = spawnSync(program, argv, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${argv.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

function printTable(rows, all) {
  const names = [...all.keys()];
  console.log(
    `Verbs over ${rows.toLocaleString("en")} rows: processor and wall time in ms, medians`,
  );
  console.log(`${" ".repeat(22)}${names.map((name) => name.padStart(14)).join("")}  hex ÷ each`);
  for (const verb of Object.keys(all.get("hex"))) {
    const times = names.map((name) => medianOf(all.get(name)[verb]));
    const [ours] = times;
    const cells = times.map(([cpuMs, wallMs]) => `${cpuMs.toFixed(0)} ${wallMs.toFixed(0)}`);
    const ratios = times.slice(1).map(([cpuMs]) => (ours[0] / cpuMs).toFixed(2));
    const told = cells.map((cell) => cell.padStart(14)).join("");
    console.log(`  ${verb.padEnd(20)}${told}  ${ratios.join(" ")}`);
  }
  console.log("");
}

function medianOf(pairs) {
  return [0, 1].map((at) => summarise(pairs.map((pair) => pair[at])).medianMs);
}
