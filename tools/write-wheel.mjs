import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zipSync } from "fflate";

/**
 * Writes the Python package as a wheel beside its folder, and removes those of other versions. It
 * takes no Python: a wheel is a zip file of the modules, their metadata and a list of digests.
 * Source: packaging.python.org, "Binary distribution format".
 *
 * @param folder the folder that holds `hex_runtime/`
 * @param version as in package.json
 */
export async function writeWheel(folder, version) {
  const info = `hex_runtime-${version}.dist-info`;
  const names = (await readdir(join(folder, "hex_runtime"))).filter((name) =>
    /\.(py|typed)$/.test(name),
  );
  const files = new Map();
  for (const name of names.sort()) {
    files.set(`hex_runtime/${name}`, await readFile(join(folder, "hex_runtime", name)));
  }
  files.set(`${info}/METADATA`, Buffer.from(toMetadata(version)));
  files.set(
    `${info}/WHEEL`,
    Buffer.from(
      "Wheel-Version: 1.0\nGenerator: hex-runtime\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    ),
  );
  files.set(`${info}/RECORD`, Buffer.from(toRecord(files, info)));
  const wheel = `hex_runtime-${version}-py3-none-any.whl`;
  // One date for all, so that the same sources give the same bytes.
  const zip = zipSync(Object.fromEntries(files), { mtime: "2020-01-01T00:00:00" });
  for (const name of await readdir(folder)) {
    if (name.endsWith(".whl") && name !== wheel) await rm(join(folder, name));
  }
  await writeFile(join(folder, wheel), zip);
}

function toMetadata(version) {
  return [
    "Metadata-Version: 2.1",
    "Name: hex-runtime",
    `Version: ${version}`,
    "Summary: Python cells of hex-runtime, and a reader of what its projects publish",
    "License: MIT",
    "Requires-Python: >=3.9",
    "",
  ].join("\n");
}

/** The list of all files with digest and size; its own line has neither. */
function toRecord(files, info) {
  const lines = [...files].map(([path, content]) => {
    const digest = createHash("sha256").update(content).digest("base64url");
    return `${path},sha256=${digest},${content.length}`;
  });
  return `${[...lines, `${info}/RECORD,,`].join("\n")}\n`;
}
