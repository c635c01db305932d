import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** What is installed: the versions that the figures in the docs are of. */
const PEERS = ["pandas==3.1.*", "polars==2.1.*", "pyarrow==26.*", "duckdb==2.0.*"];

/** Python with pandas, polars, pyarrow and DuckDB in a folder of its own; without python3 the peers are left out. */
export async function preparePeers(root) {
  const folder = `${root}.cache/bench-venv`;
  const python = `${folder}/bin/python`;
  if (isReady(python)) return { python };
  console.error("Installing pandas, polars, pyarrow and DuckDB for the comparison (once) …");
  if (!existsSync(python)) spawnSync("python3", ["-m", "venv", folder], { stdio: "ignore" });
  spawnSync(python, ["-m", "pip", "install", "--quiet", ...PEERS], { stdio: "ignore" });
  return { python: isReady(python) ? python : undefined };
}

function isReady(python) {
  return spawnSync(python, ["-c", "import pandas, polars, pyarrow, duckdb"]).status === 0;
}
