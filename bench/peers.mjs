import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Python with pandas and polars in a folder of its own; without python3 the peers are left out. */
export async function preparePeers(root) {
  const folder = `${root}.cache/bench-venv`;
  const python = `${folder}/bin/python`;
  if (isReady(python)) return { python };
  console.error("Installing pandas and polars for the comparison (once) …");
  if (!existsSync(python)) spawnSync("python3", ["-m", "venv", folder], { stdio: "ignore" });
  spawnSync(python, ["-m", "pip", "install", "--quiet", "pandas", "polars"], { stdio: "ignore" });
  return { python: isReady(python) ? python : undefined };
}

function isReady(python) {
  return spawnSync(python, ["-c", "import pandas, polars"]).status === 0;
}
