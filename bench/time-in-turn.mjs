import { spawnSync } from "node:child_process";

/** Runs each command once a round, one after the other, after one round that does not count. */
export function timeInTurn(commands, rounds) {
  const timesMs = new Map(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, [program, ...argv]] of Object.entries(commands)) {
      const startedMs = performance.now();
      const { status, stdout, stderr } = spawnSync(program, argv, { maxBuffer: 1 << 28 });
      const elapsedMs = performance.now() - startedMs;
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}${stdout}`);
      if (round > 0) timesMs.get(name).push(elapsedMs);
    }
  }
  return new Map([...timesMs].map(([name, times]) => [name, summarise(times)]));
}

function summarise(times) {
  const sorted = times.toSorted((left, right) => left - right);
  return {
    medianMs: sorted[Math.floor(sorted.length / 2)],
    minMs: sorted[0],
    maxMs: sorted.at(-1),
  };
}
