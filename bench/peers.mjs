import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/**
 * Python with all peers in a folder of its own, installed once; without python3 they are left out.
 * HEX_BENCH_PYTHON names another one, which is used as it is.
 */
export function preparePeers(root) {
  const given = process.env["HEX_BENCH_PYTHON"];
  if (given !== undefined) return { python: given };
  const requirements = `${root}bench/peers/requirements.txt`;
  const folder = `${root}.cache/bench-venv`;
  const python = `${folder}/bin/python`;
  const installed = `${folder}/installed.txt`;
  const asked = readFileSync(requirements, "utf8");
  if (existsSync(installed) && readFileSync(installed, "utf8") === asked) return { python };
  console.error(
    "Installing pandas, polars, DuckDB, Celery, Streamlit and others to compare with (once) …",
  );
  if (!existsSync(python)) spawnSync("python3", ["-m", "venv", folder], { stdio: "ignore" });
  const argv = ["-m", "pip", "install", "--quiet", "--requirement", requirements];
  const { status } = spawnSync(python, argv, { stdio: ["ignore", "ignore", "inherit"] });
  if (status === 0) writeFileSync(installed, asked);
  return { python: hasPeer(python, "pandas", "polars", "pyarrow", "duckdb") ? python : undefined };
}

/** Whether a Python has all these modules. */
export function hasPeer(python, ...modules) {
  if (python === undefined) return false;
  return spawnSync(python, ["-c", `import ${modules.join(", ")}`]).status === 0;
}
