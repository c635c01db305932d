import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./jobs.mjs";
import { removeFolder } from "./projects.mjs";
import { summarise } from "./summarise.mjs";

const SIZES = [10_000, 100_000, 1_000_000];
/** Ours ÷ theirs, at most. */
const TARGETS = { duckdb: 1.5, polars: 2 };
/** A process of each tool a round, and in it so many times each verb, after one that does not count. */
const MOST_ROUNDS = 3;
const TIMES = 3;

/**
 * Times the verbs of frames beside DuckDB, polars and Arquero over the same rows, in processor time of all
 * threads and in wall time. Every result is made whole: all columns of the rows that are left, in their order.
 */
export async function printVerbs({ root, before, python, rounds, sizes, isSmall, record }) {
  if (!python) return console.log("Verbs were not timed: no python3 with venv is here.\n");
  const asked = isSmall ? SIZES.slice(0, 1) : SIZES;
  for (const rows of sizes.length > 0 ? sizes : asked) {
    const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
    const theirs = `${root}bench/peers/verbs_jobs.py`;
    run([python, theirs, "make", folder, String(rows)]);
    const ours = (hexRoot) => ["hex", `${hexRoot}dist/index.js`, folder, String(TIMES)];
    const jobs = `${root}bench/verbs-jobs.mjs`;
    const tools = {
      hex: ["node", jobs, ...ours(root)],
      ...(before && { before: ["node", jobs, ...ours(before)] }),
      duckdb: [python, theirs, "duckdb", folder, String(TIMES)],
      polars: [python, theirs, "polars", folder, String(TIMES)],
      // It takes minutes for more.
      ...(rows <= 100_000 && { arquero: ["node", jobs, "arquero", "", folder, "1"] }),
    };
    printTable(rows, measureInTurn(tools, Math.min(rounds, MOST_ROUNDS)), record);
    await removeFolder(folder);
  }
}

function measureInTurn(tools, rounds) {
  const all = new Map(Object.keys(tools).map((name) => [name, {}]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(tools)) {
      const times = all.get(name);
      for (const [verb, pairs] of Object.entries(JSON.parse(run(command)))) {
        times[verb] = [...(times[verb] ?? []), ...pairs];
      }
    }
  }
  return all;
}

function printTable(rows, all, record) {
  const names = [...all.keys()];
  console.log(
    `Verbs over ${rows.toLocaleString("en")} rows: processor and wall time in ms, medians`,
  );
  console.log(`${" ".repeat(22)}${names.map((name) => name.padStart(14)).join("")}  hex ÷ each`);
  for (const verb of Object.keys(all.get("hex"))) {
    const times = names.map((name) => medianOf(all.get(name)[verb]));
    const [ours] = times;
    for (const [at, [cpuMs, wallMs]] of times.entries()) {
      const tool = names[at];
      const target = rows < 1_000_000 ? undefined : TARGETS[tool];
      record({ table: "Verbs", row: verb, size: rows, tool, cpuMs, wallMs, target });
    }
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
