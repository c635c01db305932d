import { loadavg } from "node:os";
import { loadInTurn } from "./http-load.mjs";
import { readTreeMs } from "./processor-time.mjs";
import { startExpress } from "./server-fibonacci.mjs";
import { openBuild } from "./server-load.mjs";
import { summarise } from "./summarise.mjs";

const REQUESTS = 400;
const FEW_REQUESTS = 40;
const WARM_ROUNDS = 4;
const AT_ONCE = 10;

/** Of each route, at most this ratio to the time that Express takes for a value in memory. */
const TARGETS = {
  "status of a run": 0.5,
  "output, 100 rows": 1,
  "output, 1,000 rows": 2,
  "page: state": 0.6,
  "page: another input": 2,
};

/**
 * Processor time of one answer of each route, of all threads of the server and of its processes, in
 * turn with Express and, where `before` names the checkout of another build, with that one.
 */
export async function printServerAnswers({ root, before, rounds, isSmall, record }) {
  const requests = isSmall ? FEW_REQUESTS : REQUESTS;
  const express = await startExpress(root);
  const builds = [];
  try {
    if (before !== undefined) builds.push(await openBuild("before", before));
    builds.push(await openBuild("hex", root));
    const kept = { pids: [express.pid], target: express.toTarget("kept"), tool: "Express" };
    const rows = Object.keys(TARGETS).map((row) => ({
      row,
      runners: [
        kept,
        ...builds.map(({ name, server, routes }) => ({
          pids: [server.pid],
          target: findRoute(routes, row),
          tool: name,
        })),
      ],
    }));
    console.log(
      `Processor time of an answer, ${requests} requests, ${AT_ONCE} at a time (load average ${loadavg()[0]?.toFixed(1)})`,
    );
    for (const { row, runners } of rows) {
      const times = await timeRow(runners, { requests, rounds, isSmall });
      printRow(row, times);
      for (const [tool, cpuMs] of times) {
        const target = tool === "Express" ? TARGETS[row] : undefined;
        record({ table: "An answer's processor time", row, tool, cpuMs, target });
      }
    }
    console.log("");
  } finally {
    for (const build of builds) await build.close();
    await express.stop();
  }
}

const findRoute = (routes, row) => Object.entries(routes).find(([name]) => name.startsWith(row))[1];

/** Milliseconds of processor time for one answer, by tool; medians. */
async function timeRow(runners, { requests, rounds, isSmall }) {
  const times = new Map(runners.map(({ tool }) => [tool, []]));
  const warmRounds = isSmall ? 1 : WARM_ROUNDS;
  for (let round = -warmRounds; round < rounds; round++) {
    for (const { pids, target, tool } of runners) {
      const beforeMs = readTreeMs(pids);
      const { errors } = await loadInTurn(target, { requests, atOnce: AT_ONCE });
      if (errors > 0) throw new Error(`${errors} of ${requests} answers of ${tool} failed`);
      if (round >= 0) times.get(tool).push((readTreeMs(pids) - beforeMs) / requests);
    }
  }
  return new Map([...times].map(([tool, all]) => [tool, summarise(all).medianMs]));
}

function printRow(row, times) {
  const express = times.get("Express");
  const told = [...times].map(([tool, ms]) => {
    const ratio = tool === "Express" ? "" : ` (${(ms / express).toFixed(2)} of Express)`;
    return `${tool} ${ms.toFixed(3)} ms${ratio}`;
  });
  console.log(`  ${row.padEnd(22)}${told.join("  ")}  target ${TARGETS[row]}`);
}
