// Reads a table of PostgreSQL in a process of its own; tells in a line of JSON how long that took, without the
// start of the process, and how much memory it added at most.
import { pathToFileURL } from "node:url";

const [modulePath, url, sql] = process.argv.slice(2);
const hex = await import(pathToFileURL(modulePath).href);
await hex.readPostgres(url, "SELECT 1 AS loaded");
const usedBytes = process.memoryUsage().rss;
const startedMs = performance.now();
const before = process.cpuUsage();
const frame = await hex.readPostgres(url, sql);
const { user, system } = process.cpuUsage(before);
const wallMs = performance.now() - startedMs;
const addedBytes = process.resourceUsage().maxRSS * 1024 - usedBytes;
const columnBytes = hex.frameToArrow(frame).length;
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, addedBytes, columnBytes }));
