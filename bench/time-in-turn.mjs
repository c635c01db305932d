import { spawnSync } from "node:child_process";
import { summarise } from "./summarise.mjs";

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
