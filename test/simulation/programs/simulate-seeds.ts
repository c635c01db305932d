import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "../../../src/store/store.ts";
import { describeFault, type FaultPlan, shrink, withCalls } from "../fault-plan.ts";
import type { Simulated } from "../simulate.ts";
import { installVirtualGlobals } from "../virtual-globals.ts";

/**
 * Simulates so many seeds from the first one on, and prints what was counted. Of a seed that breaks
 * a promise it prints the shortest history, and fails. `history` as the third word prints that of
 * each seed instead; any other word plants a bug.
 */
const [count = "1", firstSeed = "1", word = ""] = process.argv.slice(2);

/** Bugs that the simulation has to find: stores that replace objects whatever the condition says. */
const BUGS: Readonly<Record<string, (stored: Store) => Store>> = {
  "ignores-if-match": (stored) => withoutCondition(stored, "ifMatch"),
  "ignores-if-none-match": (stored) => withoutCondition(stored, "ifNoneMatch"),
};

function withoutCondition(stored: Store, name: "ifMatch" | "ifNoneMatch"): Store {
  const write: Store["write"] = (key, body, options = {}) => {
    const { condition } = options;
    const isIgnored = condition !== undefined && name in condition;
    return stored.write(key, body, isIgnored ? { ...options, condition: undefined } : options);
  };
  return new Proxy(stored, {
    get: (target, member) => {
      if (member === "write") return write;
      const value: unknown = Reflect.get(target, member);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

installVirtualGlobals();
// Only now, for a module may take hold of a clock when it is loaded.
const { drawPlan, simulate } = await import("../simulate.ts");
const folder = mkdtempSync(join(tmpdir(), "hex-simulation-"));
const through = BUGS[word];
const totals = new Map<string, number>();
const startedMs = Date.now();

const run = (plan: FaultPlan): Promise<Simulated> => simulate(plan, { folder, through });

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
/** By which somebody only lets others hear of him, again and again. */
const BEAT = /lease\.json|open-runs|renew/;
/** Of these lines at the end none is left out. */
const LAST_LINES = 10;

/** What happened, with short names, and without what was told before in the same words, as beats are. */
function toShort(lines: readonly string[]): string[] {
  const names = new Map<string, string>();
  const toName = (id: string) => {
    const name = names.get(id) ?? `run${names.size + 1}`;
    names.set(id, name);
    return name;
  };
  const told = new Set<string>();
  return lines.flatMap((line, index) => {
    const short = line.replace(UUID, toName);
    const words = short.slice(short.indexOf(" s  "));
    const key = BEAT.test(words) ? words.replaceAll(/"\d+"/g, "") : words;
    const isNew = !told.has(key) || index >= lines.length - LAST_LINES;
    told.add(key);
    return isNew ? [short] : [];
  });
}

async function printShortest(plan: FaultPlan, { broken: first, met }: Simulated): Promise<void> {
  const stillFails = async (other: FaultPlan) =>
    (await run(other)).broken?.promise === first?.promise;
  // Told at once: to look for the shortest history takes a while.
  console.error(`seed ${plan.seed} breaks a promise: ${first?.promise}: ${first?.got}`);
  const named = withCalls(plan, met);
  const shortest = await shrink((await stillFails(named)) ? named : plan, stillFails);
  const { broken, history } = await run(shortest);
  const { seed, scenario, actors, faults } = shortest;
  console.error(
    [
      "its shortest history, in which are",
      ...actors.map(({ name, machine, times }) => `  ${name} on ${machine}, ${times} times`),
      ...faults.map((fault) => `  ${describeFault(fault)}`),
      `scenario ${scenario}:`,
      ...toShort(history),
      `broken: ${broken?.promise}: ${broken?.got}`,
      `again: HEX_TEST_FIRST_SEED=${seed} HEX_TEST_SEEDS=1 npm run test:simulation`,
    ].join("\n"),
  );
}

try {
  for (let seed = Number(firstSeed); seed < Number(firstSeed) + Number(count); seed++) {
    const plan = drawPlan(seed);
    const simulated = await run(plan);
    const { broken, history, counts } = simulated;
    for (const [name, times] of counts) totals.set(name, (totals.get(name) ?? 0) + times);
    totals.set("steps", (totals.get("steps") ?? 0) + history.length);
    if (word === "history") console.log(history.join("\n"));
    if (broken === undefined) continue;
    await printShortest(plan, simulated);
    process.exitCode = 1;
    break;
  }
  totals.set("milliseconds", Date.now() - startedMs);
  if (word !== "history") console.log(JSON.stringify(Object.fromEntries(totals)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
