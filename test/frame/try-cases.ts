/**
 * Tries a property with many random cases, in rounds of a seed each. A failure tells the seed of
 * its round, and `HEX_TEST_FIRST_SEED` tries that round first; `HEX_TEST_CASES` says how many.
 */
import { setImmediate } from "node:timers/promises";
import fc, { type IAsyncProperty } from "fast-check";
import { seededRandom } from "../fakes/seeded-random.ts";

/** How many cases a property is tried with. */
export const CASES = Number(process.env["HEX_TEST_CASES"] ?? 2_000);

/** Generous for each case on a busy machine; a case takes about a tenth of it. */
export const TIMEOUT_MS = 180_000 + CASES * 100;

const FIRST_SEED = Number(process.env["HEX_TEST_FIRST_SEED"] ?? Date.now() % 2 ** 31);
const ROUND_CASES = 25;
/** Rounds at the same time, so that one computes while the others wait for the disk or DuckDB. */
const LANES = 4;
const TOLD_CASES = 10_000;

/**
 * Tries as many cases, telling now and then how many have passed.
 * @param inLane the property for one of the lanes, whose cases come one after the other
 */
export async function tryCases<Case>(
  what: string,
  cases: number,
  inLane: (lane: number) => IAsyncProperty<Case>,
): Promise<void> {
  const rounds = planRounds(cases);
  const start = performance.now();
  let passed = 0;
  const run = async (_: unknown, lane: number) => {
    const property = inLane(lane);
    for (let round = rounds.shift(); round !== undefined; round = rounds.shift()) {
      await tryRound(property, round, rounds);
      passed += round.numRuns;
      if (passed % TOLD_CASES === 0 || passed === cases) {
        const seconds = ((performance.now() - start) / 1000).toFixed(0);
        console.log(`${passed} ${what} in ${seconds} s, first seed ${FIRST_SEED}`);
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: LANES }, run));
  const failure = ends.find((end) => end.status === "rejected");
  if (failure) throw failure.reason;
}

interface Round {
  readonly seed: number;
  readonly numRuns: number;
}

function planRounds(cases: number): Round[] {
  const random = seededRandom(FIRST_SEED);
  const count = Math.ceil(cases / ROUND_CASES);
  return Array.from({ length: count }, (_, index) => ({
    seed: index === 0 ? FIRST_SEED : Math.floor(random() * 2 ** 31),
    numRuns: Math.min(ROUND_CASES, cases - index * ROUND_CASES),
  }));
}

/** Tries one round; when it fails, no other is begun. */
async function tryRound<Case>(property: IAsyncProperty<Case>, round: Round, others: Round[]) {
  try {
    await fc.assert(property, round);
  } catch (error) {
    others.length = 0;
    throw error;
  }
  // Rounds of a check that waits for nothing would leave the test runner without an answer.
  await setImmediate();
}
