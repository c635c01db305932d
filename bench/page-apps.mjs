import { randomUUID } from "node:crypto";
import { cp, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SERVER_CONFIG } from "./hex-server.mjs";
import { compute, removeFolder, writeWideCsv } from "./projects.mjs";

const REGIONS = Array.from({ length: 12 }, (_, index) => `r${index}`);

/**
 * The planets tutorial, published, with what its page shows when its method changes. `first` is a
 * text in the first row of the table.
 */
export async function preparePlanetsPage(root) {
  const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
  const project = join(folder, "planets");
  for (const part of ["cells", "data"]) {
    await cp(join(root, part), join(project, part), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(project, "node_modules"));
  await writeConfig(project, "Planets");
  compute(root, project, ["--input", "sleep_time=0"]);
  return {
    title: "planets, 1,035 rows × 6 columns",
    rows: 1_035,
    project,
    input: "Discovery method",
    choices: ["Transit", "Radial Velocity", "Imaging", "Microlensing"],
    chart: "#cell-by_year .chart-drawing > svg",
    peer: { csv: join(project, "data/planets.csv"), column: "method", value: "mass", every: "All" },
    remove: () => removeFolder(folder),
  };
}

/** Rows of 8 columns, of which a dropdown chooses a twelfth, with a count and a mean of those. */
export async function prepareWidePage(root, rows) {
  const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
  const csv = join(folder, "wide.csv");
  await writeWideCsv(csv, rows);
  const project = join(folder, "wide");
  await mkdir(join(project, "cells"), { recursive: true });
  await writeConfig(project, "Wide");
  for (const [file, text] of Object.entries(wideCells(csv))) {
    await writeFile(join(project, "cells", file), text);
  }
  compute(root, project, []);
  return {
    title: `${rows.toLocaleString("en")} rows × 8 columns`,
    rows,
    project,
    input: "region",
    choices: REGIONS,
    peer: { csv, column: "region", value: "amount", every: "" },
    remove: () => removeFolder(folder),
  };
}

/** The largest amount of the rows that `writeWideCsv` writes, and a slider's last step. */
export const MOST_LEAST = 100_000;

/** Rows of 8 columns; a slider says from which amount on they count in the sums of their groups. */
export async function prepareSliderPage(root, rows) {
  const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
  const csv = join(folder, "wide.csv");
  await writeWideCsv(csv, rows);
  const project = join(folder, "slider");
  await mkdir(join(project, "cells"), { recursive: true });
  const config = { name: "Slider", projectId: randomUUID(), page: { hide: ["sales"] } };
  const text = JSON.stringify({ ...config, ...SERVER_CONFIG });
  await writeFile(join(project, "hex.config.json"), text);
  for (const [file, code] of Object.entries(sliderCells(csv))) {
    await writeFile(join(project, "cells", file), code);
  }
  compute(root, project, []);
  return { project, csv, remove: () => removeFolder(folder) };
}

const sliderCells = (csv) => ({
  "01-sales.ts": wideCells(csv)["01-sales.ts"],
  "02-least.ts": `import { slider } from "hex-runtime";
export default slider({ min: 0, max: ${MOST_LEAST}, step: 1, default: 0 });`,
  "03-sums.ts": `import { cell, sum } from "hex-runtime";
import sales from "./01-sales.ts";
import least from "./02-least.ts";
export default cell({ sales, least }, ({ sales, least }) =>
  sales.filter((sale) => sale.amount >= least).groupby("region").rollup({ total: sum("amount") }));`,
});

const wideCells = (csv) => ({
  "01-sales.ts": `import { cached, readCsv } from "hex-runtime";
export default cached("sales", () => readCsv(${JSON.stringify(csv)}));`,
  "02-region.ts": `import { dropdown } from "hex-runtime";
import sales from "./01-sales.ts";
export default dropdown({ sales }, ({ sales }) => ({ label: "region", options: sales.distinct("region") }));`,
  "03-found.ts": `import { cell } from "hex-runtime";
import filtered from "./05-filtered.ts";
export default cell({ filtered }, ({ filtered }) => filtered.numRows);`,
  "04-mean.ts": `import { cell, mean } from "hex-runtime";
import filtered from "./05-filtered.ts";
export default cell({ filtered }, ({ filtered }) =>
  filtered.rollup({ mean: mean("amount") }).at("mean", 0));`,
  "05-filtered.ts": `import { cell } from "hex-runtime";
import sales from "./01-sales.ts";
import region from "./02-region.ts";
export default cell({ sales, region }, ({ sales, region }) =>
  sales.filter((sale) => sale.region === region));`,
});

/** The cached frame is not shown itself: as at the peer, there is one table. */
function writeConfig(project, name) {
  const hide = name === "Planets" ? ["planets"] : ["sales"];
  const config = { name, projectId: randomUUID(), page: { hide } };
  return writeFile(join(project, "hex.config.json"), JSON.stringify(config));
}
