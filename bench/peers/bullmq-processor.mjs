import { renameSync, writeFileSync } from "node:fs";

// biome-ignore lint/style/noDefaultExport: a sandbox of BullMQ asks for one
export default async function processJob({ data }) {
  const beganNs = process.hrtime.bigint();
  writeFileSync(`${data.path}-draft`, String(beganNs));
  renameSync(`${data.path}-draft`, data.path);
}
