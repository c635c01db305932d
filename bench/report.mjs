import { readFile, writeFile } from "node:fs/promises";

/**
 * What was measured, as plain data. A figure is of one tool doing one thing:
 *
 * - `group`, `table`, `row`: what was done, from the subject down to the line of a table
 * - `size`: rows of a frame, or viewers; the same work at several sizes makes a curve
 * - `tool`: "hex", "before" (an earlier build) or a peer's name
 * - `wallMs`, `cpuMs`, `bytes`: medians, of which at least one is there
 * - `target`: ours ÷ theirs, at most; of `by`, "cpuMs" unless said
 */
export class Report {
  #figures = [];

  get size() {
    return this.#figures.length;
  }

  /** Gives what takes the figures of one group. */
  recorder(group, load) {
    return (figure) => {
      const at = `${group}: ${figure.table} · ${figure.row} · ${figure.tool}`;
      const isMeasured = ["wallMs", "cpuMs", "bytes"].some((key) => Number.isFinite(figure[key]));
      if (!isMeasured) throw new Error(`${at} has no figure`);
      this.#figures.push({ group, ...figure, load: Number(load.toFixed(1)) });
    };
  }

  /** One line for each target: what it is, what was seen, and whether it is met. */
  printTargets() {
    const targets = toRatios(this.#figures).filter(({ target }) => target !== undefined);
    if (targets.length === 0) return;
    console.log("Targets: ours ÷ theirs");
    for (const { table, row, size, tool, ratio, target, by } of targets) {
      const what = [table, row, size?.toLocaleString("en")].filter(Boolean).join(" · ");
      const unit = { cpuMs: "processor time", wallMs: "wall time", bytes: "memory" }[by];
      const met = ratio <= target ? "met   " : "MISSED";
      console.log(
        `  ${met} ${ratio.toFixed(2).padStart(7)} (≤ ${target}) of ${tool}'s ${unit}: ${what}`,
      );
    }
    console.log("");
  }

  /** Writes the figures in the place of those of the same groups; gives all that are kept. */
  async keep(path) {
    const kept = await readFile(path, "utf8").then(JSON.parse, () => []);
    const isNew = (group) => this.#figures.some((figure) => figure.group === group);
    const all = [...kept.filter(({ group }) => !isNew(group)), ...this.#figures];
    const lines = all.map((figure) => `  ${JSON.stringify(toRounded(figure))}`);
    await writeFile(path, `[\n${lines.join(",\n")}\n]\n`);
    return all;
  }
}

/** Each figure of a peer with what ours is of it. */
export function toRatios(figures) {
  const at = ({ group, table, row, size }) => JSON.stringify([group, table, row, size]);
  const ours = new Map(
    figures.filter(({ tool }) => tool === "hex").map((each) => [at(each), each]),
  );
  return figures.flatMap((figure) => {
    const own = ours.get(at(figure));
    if (own === undefined || figure === own) return [];
    const by = figure.by ?? ["cpuMs", "wallMs", "bytes"].find((key) => key in figure && key in own);
    return by === undefined ? [] : { ...figure, by, ratio: own[by] / figure[by] };
  });
}

function toRounded(figure) {
  const toPlain = ([key, value]) => [
    key,
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value,
  ];
  return Object.fromEntries(Object.entries(figure).map(toPlain));
}
