import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Claim, JobState, Lane, Queue } from "../../src/queue/queue.ts";

/** How many sequences of moves are tried; `HEX_TEST_QUEUE_RUNS` asks for more. */
const RUNS = Number(process.env["HEX_TEST_QUEUE_RUNS"] ?? 30);
const MOST_ATTEMPTS = 3;

/** A queue with three attempts and no pause between them. */
export interface QueueUnderTest {
  readonly queue: Queue;
  /** lets all leases run out, where time can be turned */
  readonly lapse?: () => void;
}

/** What is known of a job without asking the queue. */
interface ModelJob {
  readonly id: string;
  readonly lane: Lane;
  readonly priority: number;
  readonly turn: number;
  state: JobState;
  attempts: number;
  isCancelRequested: boolean;
  hasLapsed: boolean;
  numbers: readonly number[];
  claim: Claim | undefined;
}

type Move =
  | {
      readonly kind: "submit";
      readonly job: number;
      readonly lane: Lane;
      readonly priority: number;
    }
  | { readonly kind: "claim"; readonly lane: Lane }
  | { readonly kind: "cancel" | "find"; readonly job: number }
  | { readonly kind: "renew" | "finish" | "fail" | "handBack"; readonly claim: number }
  | { readonly kind: "lapse" };

const job = fc.nat(3);
const lane = fc.constantFrom<Lane>("run", "run", "part");
/** counted back from the newest, which mostly are the ones that still count */
const claim = fc.oneof(fc.constant(0), fc.nat(3), fc.nat(30));
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("submit"),
      job,
      lane,
      priority: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("claim"), lane }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("cancel", "find"), job }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("renew", "finish", "fail", "fail", "handBack"),
      claim,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lapse") }) },
) as fc.Arbitrary<Move>;

/** Compares a queue with a model of it, move by move. */
export function testQueueModel(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(`queue model: ${name}`, () => {
    it(`answers like the model over ${RUNS} sequences of moves, where what has ended stays so`, async () => {
      const kinds = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(
          fc.array(move, { minLength: 40, maxLength: 80, size: "max" }),
          async (moves) => {
            const under = await open();
            const model = new Model(under, (kind) => kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
            try {
              for (const each of moves) await model.make(each);
              await model.compareAll();
            } finally {
              await under.queue.close();
            }
          },
        ),
        { numRuns: RUNS },
      );
      console.log(`${name}: ${[...kinds].map(([kind, times]) => `${kind} ${times}`).join(", ")}`);
    });
  });
}

class Model {
  readonly #under: QueueUnderTest;
  readonly #tell: (kind: string) => void;
  readonly #jobs = new Map<string, ModelJob>();
  readonly #claims: { readonly claim: Claim; readonly job: ModelJob }[] = [];

  constructor(under: QueueUnderTest, tell: (kind: string) => void) {
    this.#under = under;
    this.#tell = tell;
  }

  async make(each: Move): Promise<void> {
    switch (each.kind) {
      case "submit":
        return this.#submit(each);
      case "claim":
        return this.#claim(each.lane);
      case "cancel":
        return this.#cancel(`job${each.job}`);
      case "find":
        return this.#compare(`job${each.job}`);
      case "lapse":
        return this.#lapse();
      default:
        return this.#useClaim(each.kind, each.claim);
    }
  }

  async compareAll(): Promise<void> {
    for (const id of this.#jobs.keys()) await this.#compare(id);
  }

  async #submit(spec: { job: number; lane: Lane; priority: number }): Promise<void> {
    const id = `job${spec.job}`;
    const isKnown = this.#jobs.has(id);
    const { lane: jobLane, priority } = spec;
    const answer = await this.#under.queue.submit({ id, lane: jobLane, priority, payload: id });
    expect(answer).toBe(isKnown ? "known" : "submitted");
    this.#tell(answer);
    if (isKnown) return;
    this.#jobs.set(id, {
      id,
      lane: jobLane,
      priority,
      turn: this.#jobs.size,
      state: "queued",
      attempts: 0,
      isCancelRequested: false,
      hasLapsed: false,
      numbers: [],
      claim: undefined,
    });
  }

  async #claim(inLane: Lane): Promise<void> {
    const jobs = [...this.#jobs.values()].filter((each) => each.lane === inLane);
    // Without a job to be had, the call would wait.
    if (!jobs.some(willWait)) return;
    for (const each of jobs) if (each.hasLapsed) this.#endAttempt(each, "queued");
    const waiting = jobs.filter(({ state }) => state === "queued");
    const taken = await this.#under.queue.claim({ lane: inLane, worker: "model" });
    const found = waiting.find(({ id }) => id === taken.job.id);
    if (found === undefined) throw new Error(`${taken.job.id} was given, which does not wait`);
    expect(found.priority).toBe(Math.min(...waiting.map(({ priority }) => priority)));
    const before = waiting.filter((each) => each.numbers.length === 0 && each.turn < found.turn);
    const equals = before.filter(({ priority }) => priority === found.priority);
    if (found.numbers.length === 0) expect(equals).toEqual([]);
    expect(taken.number).toBeGreaterThan(Math.max(0, ...found.numbers));
    Object.assign(found, { state: "claimed", attempts: found.attempts + 1, claim: taken });
    found.numbers = [...found.numbers, taken.number];
    expect(taken.job.attempts).toBe(found.attempts);
    this.#claims.push({ claim: taken, job: found });
    this.#tell("claimed");
  }

  async #cancel(id: string): Promise<void> {
    const known = this.#jobs.get(id);
    const answer = await this.#under.queue.cancel(id);
    this.#tell(`cancel ${answer}`);
    if (known?.state === "queued") {
      expect(answer).toBe("cancelled");
      known.state = "cancelled";
      known.isCancelRequested = true;
    } else if (known?.state === "claimed") {
      expect(answer).toBe("requested");
      known.isCancelRequested = true;
    } else expect(answer).toBe(known === undefined ? "unknown" : "ended");
  }

  async #useClaim(how: "renew" | "finish" | "fail" | "handBack", index: number): Promise<void> {
    const used = this.#claims.at(-1 - (index % Math.max(1, this.#claims.length)));
    if (used === undefined) return;
    const { claim: one, job: of } = used;
    const isHeld = of.claim === one;
    const answer = how === "fail" ? await one.fail(`failed ${one.number}`) : await one[how]();
    this.#tell(`${how} ${answer}`);
    if (!isHeld) return expect(answer).toBe("lost");
    if (how === "renew") {
      of.hasLapsed = false;
      return expect(answer).toBe(of.isCancelRequested ? "cancelled" : "held");
    }
    if (how === "handBack") of.attempts -= 1;
    this.#endAttempt(of, how === "finish" ? "finished" : "queued");
    expect(answer).toBe(of.state);
  }

  #endAttempt(of: ModelJob, next: "finished" | "queued"): void {
    of.claim = undefined;
    of.hasLapsed = false;
    if (of.isCancelRequested) of.state = "cancelled";
    else if (next === "queued" && of.attempts >= MOST_ATTEMPTS) of.state = "dead";
    else of.state = next;
  }

  #lapse(): void {
    if (this.#under.lapse === undefined) return;
    this.#under.lapse();
    for (const each of this.#jobs.values()) each.hasLapsed = each.state === "claimed";
    this.#tell("lapse");
  }

  async #compare(id: string): Promise<void> {
    const known = this.#jobs.get(id);
    const found = await this.#under.queue.find(id);
    if (known === undefined) return expect(found).toBeUndefined();
    const { state, attempts, isCancelRequested, lane: jobLane, priority } = known;
    const expected = { id, state, attempts, isCancelRequested, lane: jobLane, priority };
    expect(found).toMatchObject(expected);
  }
}

/** Whether a claim finds the job waiting, once it has seen to leases that ran out. */
function willWait({ state, hasLapsed, isCancelRequested, attempts }: ModelJob): boolean {
  return state === "queued" || (hasLapsed && !isCancelRequested && attempts < MOST_ATTEMPTS);
}
