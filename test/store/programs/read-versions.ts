import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import { openVersion } from "../../../src/store/version.ts";

/** Reads both frames of the newest version from several places at once, until it is told to end. */
const [root = "", readers = "1"] = process.argv.slice(2);
const store = new DirectoryStore(root);
let isReading = true;
process.stdin.on("end", () => {
  isReading = false;
});
process.stdin.resume();
let reads = 0;

/** Gives the number of the version it has read. */
async function readOnce(newest: number): Promise<number> {
  const version = await openVersion(store);
  if (version.number === null) return newest;
  if (version.number < newest) throw new Error(`version ${version.number} came after ${newest}`);
  const frames = [await version.readFrame("a"), await version.readFrame("b")];
  for (const read of frames) {
    if (read?.source !== "version") throw new Error(`a frame came from ${read?.source}`);
    const runs = read.frame.distinct("run");
    if (read.frame.numRows !== 40 || runs.length !== 1 || runs[0] !== version.commit?.runId) {
      throw new Error(`version ${version.number} holds rows of the runs ${runs.join(", ")}`);
    }
  }
  reads++;
  return version.number;
}

async function readOn(): Promise<void> {
  for (let newest = 0; isReading; ) {
    newest = await readOnce(newest);
    // Others get their turn as well: what is tested is not who is faster.
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

await Promise.all(Array.from({ length: Number(readers) }, readOn));
process.stdout.write(`${reads}\n`);
