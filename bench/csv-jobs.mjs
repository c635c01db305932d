// One job of the benchmarks of CSV and Parquet in a process of its own. It tells in a line of JSON how long the job took,
// without the start of the process, and how much memory there was at most.
import { readdir, rm, stat } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [job, modulePath, path, folder] = process.argv.slice(2);
const hex = await import(pathToFileURL(modulePath).href);

const jobs = {
  /** Reads a CSV of another tool; the module is the package. */
  async read() {
    const figures = await measure(() => hex.readCsv(path));
    return { ...figures, columnBytes: hex.frameToArrow(figures.result).length };
  },
  /** Reads a Parquet file of another tool; the module is the package. */
  async parquet() {
    const figures = await measure(() => hex.readParquet(path));
    return { ...figures, columnBytes: hex.frameToArrow(figures.result).length };
  },
  /** Writes what is published of a frame that was read before; the module is the benchmark's own. */
  async publish() {
    const frame = await hex.readCsv(path);
    const store = await hex.openStore({ kind: "directory", directory: folder });
    const staged = {
      ...{ frame, cell: "sales", codeHash: "0".repeat(64) },
      computedAt: "2026-01-31T12:00:00.000Z",
    };
    const attempt = { runId: "bench", attempt: 1 };
    const figures = await measure(() => hex.stageFrame(store, attempt, "sales", staged, {}));
    const fileBytes = await sizeOf(folder);
    await rm(folder, { recursive: true });
    return { ...figures, fileBytes };
  },
};

const { result: _, ...told } = await jobs[job]();
console.log(JSON.stringify(told));

async function measure(work) {
  const usedBytes = process.memoryUsage().rss;
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  const wallMs = performance.now() - startedMs;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return {
    result,
    wallMs,
    cpuMs: (user + system) / 1000,
    peakBytes,
    addedBytes: peakBytes - usedBytes,
  };
}

async function sizeOf(parent) {
  const entries = await readdir(parent, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map((file) => stat(`${file.parentPath}/${file.name}`)));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
