// Writes down what the page consists of, and compresses each file, so that the server only sends them.
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const TYPES = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};
/** What is compressed already gains nothing. */
const PACKED = [".png", ".woff2"];
/** Above this size the best compression takes seconds and gains a few percent. */
const BEST_BYTES = 300_000;

/** What the entry imports as soon as the browser has painted. */
const LATER = ["src/page/browser/main.tsx"];
/** What shows the outputs of a kind: a page that has some is sent it with the rest. */
const PIECES = {
  frame: "output/table/table-view.tsx",
  markdown: "output/markdown/markdown.ts",
  chart: "output/chart/chart-view.tsx",
};

/**
 * Writes `assets.json` beside the built files.
 *
 * @param folder where they are
 * @param outputs what the bundler tells of them
 * @returns the names of all files that belong there
 */
export async function writePageAssets(folder, outputs) {
  const files = await Promise.all(
    Object.keys(outputs).map((path) => toFile(folder, basename(path))),
  );
  const [entryPath, entry] = findOutput(outputs, "start.ts");
  const [opening] = findOutput(outputs, "design/opening.css");
  const known = findPreloads(entry, outputs, LATER);
  const assets = {
    script: basename(entryPath),
    styles: entry.cssBundle === undefined ? [] : [basename(entry.cssBundle)],
    opening: basename(opening),
    preloads: [...known].map((path) => basename(path)),
    pieces: Object.fromEntries(
      Object.entries(PIECES).map(([kind, source]) => {
        const [path, output] = findOutput(outputs, source);
        const own = [path, ...findPreloads(output, outputs)].filter((each) => !known.has(each));
        return [kind, own.map((each) => basename(each))];
      }),
    ),
    files: files.map(({ name, type, sizeBytes, encodings }) => ({
      name,
      type,
      sizeBytes,
      encodings,
    })),
  };
  await writeFile(join(folder, "assets.json"), `${JSON.stringify(assets, null, 1)}\n`);
  const packed = files.flatMap(({ name, encodings }) => encodings.map((each) => `${name}.${each}`));
  return ["assets.json", ...files.map(({ name }) => name), ...packed];
}

/** What is built of a source of the page, and where. */
function findOutput(outputs, source) {
  const found = Object.entries(outputs).find(
    ([path, { entryPoint }]) =>
      entryPoint === `src/page/browser/${source}` && !path.endsWith(".map"),
  );
  if (found === undefined) throw new Error(`Nothing was built of ${source} of the page`);
  return found;
}

/** All that a piece imports, and what that does; of what is imported later, those of `later`. */
function findPreloads({ imports }, outputs, later = [], found = new Set()) {
  for (const { path, kind } of imports) {
    const { entryPoint } = outputs[path] ?? {};
    const isNeeded = kind === "import-statement" || later.includes(entryPoint);
    if (!isNeeded || found.has(path) || outputs[path] === undefined) continue;
    found.add(path);
    findPreloads(outputs[path], outputs, later, found);
  }
  return found;
}

async function toFile(folder, name) {
  const type = TYPES[extname(name)];
  if (type === undefined) throw new Error(`No content type is known for ${name} of the page`);
  const path = join(folder, name);
  const bytes = await readFile(path);
  const encodings = PACKED.includes(extname(name)) ? [] : ["br", "gz"];
  await Promise.all(encodings.map((encoding) => compress(path, encoding, bytes)));
  return { name, type, sizeBytes: bytes.length, encodings };
}

/** A file's name holds the hash of its content: what was compressed by an earlier build is good. */
async function compress(path, encoding, bytes) {
  const packed = `${path}.${encoding}`;
  if (existsSync(packed) && extname(path) !== ".txt") return;
  const quality = bytes.length < BEST_BYTES ? 11 : 9;
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality };
  const body =
    encoding === "br"
      ? await promisify(brotliCompress)(bytes, { params })
      : await promisify(gzip)(bytes, { level: 9 });
  // Another build may do the same at the same time.
  const own = `${packed}.${process.pid}`;
  await writeFile(own, body);
  await rename(own, packed);
}
