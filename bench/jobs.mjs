import { spawnSync } from "node:child_process";
import { summarise } from "./summarise.mjs";

/**
 * Runs each command once a round, in turn, after one round that does not count unless there is only one.
 * A command tells its figures in a line of JSON; gives the median of each by the command's name.
 */
export function measureInTurn(commands, rounds, options = {}) {
  const figures = new Map(Object.keys(commands).map((name) => [name, []]));
  for (let round = rounds > 1 ? 0 : 1; round <= rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      const told = JSON.parse(run(command, options));
      if (round > 0) figures.get(name).push(told);
    }
  }
  return new Map([...figures].map(([name, all]) => [name, mediansOf(all)]));
}

/** Gives what a command prints. @throws when it fails, with what it said */
export function run([program, ...argv], options = {}) {
  const { status, stdout, stderr } = spawnSync(program, argv, { encoding: "utf8", ...options });
  if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
}

/** A command that is measured from outside, with its start: wall and processor time, and memory. */
export function asWhole(root, python, command) {
  return [python, `${root}bench/peers/measure.py`, ...command];
}

/** The median of each figure. */
function mediansOf(all) {
  const names = Object.keys(all[0] ?? {});
  const isNumber = (name) => typeof all[0][name] === "number";
  return Object.fromEntries(
    names
      .filter(isNumber)
      .map((name) => [name, summarise(all.map((figures) => figures[name])).medianMs]),
  );
}

/**
 * Prints one line for each tool of one row of a table, and records them.
 *
 * @param targets ours ÷ theirs at most, by the tool
 * @param by the figure that targets are of
 */
export function tell({ table, row, size }, figures, { record, targets = {}, by = "cpuMs", note }) {
  const ours = figures.get("hex");
  const rows = size === undefined ? "" : ` · ${size.toLocaleString("en")}`;
  console.log(`${table}: ${row}${rows}`);
  console.log(`${" ".repeat(22)}processor        wall        peak  ours ÷ theirs`);
  for (const [tool, { cpuMs, wallMs, peakBytes }] of figures) {
    const target = targets[tool];
    record({ table, row, size, tool, cpuMs, wallMs, bytes: peakBytes, target, by });
    const ratios = [
      cpuMs && `${(ours.cpuMs / cpuMs).toFixed(2)} of its processor time`,
      wallMs && `${(ours.wallMs / wallMs).toFixed(2)} of its wall time`,
    ].filter(Boolean);
    const told = tool === "hex" ? "" : `  ${ratios.join(", ")}`;
    const wanted = target === undefined ? "" : ` (target at most ${target})`;
    const memory = peakBytes ? `${Math.round(peakBytes / 1e6).toLocaleString("en")} MB` : "";
    console.log(
      `  ${tool.padEnd(18)}${inMs(cpuMs)}${inMs(wallMs)}${memory.padStart(12)}${told}${wanted}`,
    );
  }
  if (note) console.log(note(ours));
  console.log("");
}

function inMs(ms) {
  return (ms === undefined ? "" : `${ms.toFixed(ms < 100 ? 1 : 0)} ms`).padStart(12);
}
