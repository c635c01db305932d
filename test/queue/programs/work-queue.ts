import { openQueue } from "../../../src/queue/open-queue.ts";

/**
 * Takes jobs one after the other and ends them, until it is killed or the other end of its standard
 * input is closed. Tells a line for each job it took, and one for each end.
 */
const [spec = "", options = ""] = process.argv.slice(2);
const queue = await openQueue(JSON.parse(spec), JSON.parse(options));
const stop = new AbortController();
process.stdin.resume().on("end", () => stop.abort());
process.stdout.write("ready\n");
try {
  for (;;) {
    const worker = `test@here:${process.pid}`;
    const claim = await queue.claim({ lane: "run", worker, signal: stop.signal });
    process.stdout.write(`took ${claim.job.id} ${claim.number}\n`);
    await claim.progress({ of: worker });
    process.stdout.write(`ended ${claim.job.id} ${await claim.finish()}\n`);
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
// With the queue closed, nothing keeps this process from ending.
await queue.close();
