// One job of the benchmark of Python cells in a process of its own; it tells in a line of JSON how long it took.
import { open, readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [job, modulePath, path, target] = process.argv.slice(2);
const hex = await import(pathToFileURL(modulePath).href);

const jobs = {
  /** Takes the frame that Python wrote, and writes it for the next Python. */
  async hand() {
    const { frame } = await hex.openArrow(await readFile(path));
    const file = await open(target, "w");
    for (const block of hex.arrowBlocks(frame, "file", "kept")) await file.writeFile(block);
    await file.close();
  },
  /** A cell that does nothing, five times, of which the first does not count. */
  async cells() {
    const task = {
      ...{ file: "cell.py", projectDirectory: path, cellsDirectory: path, interpreter: target },
      ...{ form: "script", name: "cell", values: {}, context: "logic", secrets: {} },
    };
    const context = { signal: new AbortController().signal, log() {}, progress() {} };
    const timesMs = [];
    for (let round = 0; round < 6; round++) {
      const startedMs = performance.now();
      await hex.runPython(task, context);
      timesMs.push(performance.now() - startedMs);
    }
    return timesMs.slice(1);
  },
};

const startedMs = performance.now();
const before = process.cpuUsage();
const timesMs = await jobs[job]();
const { user, system } = process.cpuUsage(before);
const wallMs = performance.now() - startedMs;
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1_000, timesMs }));
