// The planets tutorial in two runs: one computes and publishes, the other reads back and filters.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const logicMs = show(["run", "--context", "logic"]);
const appMs = show(["run", "--context", "app", "--input", "method=Transit"]);
console.log(`
The logic run took ${toSeconds(logicMs)} and published its result; the app run read it back, filtered
it and took ${toSeconds(appMs)}: ${Math.round(logicMs / appMs)} times faster, starting the process included.

See the page: npx hex serve`);

/** Runs the command as a user would and gives the milliseconds it took. */
function show(argv) {
  console.log(`\n$ npx hex ${argv.join(" ")}\n`);
  const startedMs = performance.now();
  const { status } = spawnSync(process.execPath, [`${root}dist/hex.js`, ...argv], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) process.exit(status ?? 1);
  return performance.now() - startedMs;
}

function toSeconds(elapsedMs) {
  return `${(elapsedMs / 1_000).toFixed(2)} s`;
}
