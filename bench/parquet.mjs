import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureInTurn, run, tell } from "./jobs.mjs";
import { removeFolder, writeWideCsv } from "./projects.mjs";

/** What is short is repeated less often than whole processes. */
const MOST_ROUNDS = 7;

/**
 * Times reading 1,000,000 × 8 from Parquet, as polars and as pandas write it by default, beside
 * polars, pandas and DuckDB, each in a process of its own. Targets are ours ÷ theirs.
 */
export async function printParquet({ root, python, rounds: asked, isSmall, record }) {
  if (!python) {
    console.log("Parquet was not timed: no python3 with venv is here.\n");
    return;
  }
  const rounds = Math.min(asked, MOST_ROUNDS);
  const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
  const csv = join(folder, "wide.csv");
  const size = isSmall ? 10_000 : 1_000_000;
  await writeWideCsv(csv, size);
  const theirs = (...job) => [python, `${root}bench/peers/csv_jobs.py`, ...job];
  for (const writer of ["polars", "pandas"]) {
    const path = join(folder, `${writer}.parquet`);
    run(theirs("prepare-parquet", writer, csv, path));
    const commands = {
      hex: ["node", `${root}bench/csv-jobs.mjs`, "parquet", `${root}dist/index.js`, path],
      ...Object.fromEntries(
        ["polars", "pandas", "duckdb"].map((tool) => [tool, theirs("parquet", tool, path)]),
      ),
    };
    const note = ({ columnBytes, addedBytes }) =>
      `  Memory that reading adds at most is ${(addedBytes / columnBytes).toFixed(2)} of the columns' own (target at most 3)`;
    const row = `readParquet of 8 columns as ${writer} writes them, first read of a process`;
    const figures = measureInTurn(commands, rounds);
    tell({ table: "Parquet", row, size }, figures, { record, targets: { polars: 1.5 }, note });
  }
  await removeFolder(folder);
}
