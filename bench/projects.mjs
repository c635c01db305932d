import { spawnSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";

/** The planets tutorial with its logic run done. */
export async function preparePlanets(root) {
  const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
  const project = join(folder, "planets");
  for (const part of ["cells", "data", "hex.config.json"]) {
    await cp(join(root, part), join(project, part), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(project, "node_modules"));
  compute(root, project, ["--input", "sleep_time=0"]);
  return { project, csv: join(project, "data/planets.csv"), remove: () => removeFolder(folder) };
}

/** One cached frame of so many rows, a dropdown and a filter; the same again without Arrow files. */
export async function prepareWide(root, rows) {
  const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
  const csv = join(folder, "wide.csv");
  await writeWideCsv(csv, rows);
  const project = await writeWideProject(folder, "wide", csv);
  compute(root, project, []);
  const csvOnly = join(folder, "csv-only");
  await cp(project, csvOnly, { recursive: true });
  await removeArrowFiles(join(csvOnly, ".hex/store/.hex/runs"));
  return { project, csvOnly, csv, remove: () => removeFolder(folder) };
}

/** Rows of a fixed sequence: ids, a day, an hour, a region, two measures, a flag and a text. */
export async function writeWideCsv(path, rows) {
  const file = createWriteStream(path);
  file.write("id,day,hour,region,amount,weight,returned,note\n");
  const draw = drawFrom(42);
  for (let id = 0; id < rows; id++) {
    const day = new Date(Date.UTC(2020, 0, 1 + draw(2_000))).toISOString().slice(0, 10);
    const weight = draw(20) === 0 ? "" : (draw(1_000_000) / 1_000).toFixed(3);
    const measures = `${(draw(10_000_000) / 100).toFixed(2)},${weight},${draw(2) === 0}`;
    const line = `${id},${day},${draw(24)},r${draw(12)},${measures},note ${draw(5_000)}\n`;
    if (!file.write(line)) await new Promise((resolve) => file.once("drain", resolve));
  }
  file.end();
  await finished(file);
}

/** A linear congruential sequence: the same rows in every run of the benchmark. */
function drawFrom(seed) {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The high bits: the low ones of such a sequence repeat soon.
    return Math.floor((state / 2 ** 32) * limit);
  };
}

async function writeWideProject(folder, name, csv) {
  const project = join(folder, name);
  await mkdir(join(project, "cells"), { recursive: true });
  const files = {
    "hex.config.json": JSON.stringify({ name }),
    "cells/01-sales.ts": `import { cached, readCsv } from "hex-runtime";
export default cached("sales", () => readCsv(${JSON.stringify(csv)}));`,
    "cells/02-region.ts": `import { dropdown } from "hex-runtime";
import sales from "./01-sales.ts";
export default dropdown({ sales }, ({ sales }) => ({ options: sales.distinct("region") }));`,
    "cells/03-filtered.ts": `import { cell } from "hex-runtime";
import sales from "./01-sales.ts";
import region from "./02-region.ts";
export default cell({ sales, region }, ({ sales, region }) =>
  sales.filter((sale) => sale.region === region));`,
  };
  for (const [path, text] of Object.entries(files)) await writeFile(join(project, path), text);
  return project;
}

export function compute(root, project, flags) {
  const argv = [`${root}dist/hex.js`, "run", "--project", project, "--quiet", "--json", ...flags];
  const { status, stdout, stderr } = spawnSync("node", argv, { maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`The logic run of ${project} failed: ${stdout}${stderr}`);
}

async function removeArrowFiles(folder) {
  const paths = await readdir(folder, { recursive: true });
  for (const path of paths) if (path.endsWith(".arrow")) await rm(join(folder, path));
}

export function removeFolder(folder) {
  return rm(folder, { recursive: true });
}
