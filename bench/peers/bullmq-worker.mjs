// Takes jobs of a BullMQ queue, in its own thread or in BullMQ's sandbox of child processes.
import { fileURLToPath } from "node:url";
import { Worker } from "bullmq";
import processJob from "./bullmq-processor.mjs";

const [, , url, name, kind] = process.argv;
const processor = {
  thread: processJob,
  sandbox: fileURLToPath(new URL("bullmq-processor.mjs", import.meta.url)),
}[kind];
const worker = new Worker(name, processor, { connection: { url } });
worker.on("error", (error) => console.error(error.message));
await worker.waitUntilReady();
console.log("ready");
process.once("SIGTERM", async () => {
  await worker.close();
  process.exit(0);
});
