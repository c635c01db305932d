import { HexError } from "../../src/errors.ts";
import type { Claim, ClaimOptions, Queue } from "../../src/queue/queue.ts";
import type { CallFault } from "./fault-plan.ts";
import type { Judge } from "./judge.ts";
import type { Surroundings } from "./simulated-store.ts";
import type { VirtualProcess } from "./virtual-world.ts";

/** As long as a server, or a file that others hold, lets wait. */
const TRAVEL_MS = 10;
const CLAIM = "claim a job";
const SLOW_MS = 20_000;
const GIVES_UP_MS = 3_000;

interface Asked {
  readonly queue: Queue;
  readonly judge: Judge;
  readonly around: Pick<Surroundings, "world" | "faults">;
  readonly self: VirtualProcess;
}

/** A queue as one process sees it: each call is a step of its own, and may come to grief. */
export function simulatedQueue(asked: Asked): Queue {
  const { queue, judge, around, self } = asked;
  const call = <T>(words: string, act: () => Promise<T>) => step(asked, words, act);
  return {
    location: "queue",
    submit: (spec, options) => call(`submit job ${spec.id}`, () => queue.submit(spec, options)),
    claim: (options: ClaimOptions) =>
      call(CLAIM, async () => {
        const claim = await queue.claim(options);
        around.world.note(self.name, `is given job ${claim.job.id} #${claim.number}`);
        judge.sawClaim(claim);
        return toClaim(asked, claim);
      }),
    find: (id) => call(`look at job ${id}`, () => queue.find(id)),
    cancel: (id) => call(`cancel job ${id}`, () => queue.cancel(id)),
    count: () => call("count jobs", () => queue.count()),
    check: () => queue.check(),
    close: () => queue.close(),
  };
}

function toClaim(asked: Asked, claim: Claim): Claim {
  const { job, number } = claim;
  const call = <T>(words: string, act: () => Promise<T>) =>
    step(asked, `${words} job ${job.id} #${number}`, act);
  const end = (how: string, act: () => ReturnType<Claim["finish"]>) =>
    call(how, async () => {
      const answer = await act();
      asked.judge.sawEnd(job.id, number, answer);
      return answer;
    });
  return {
    ...claim,
    renew: () => call("renew", () => claim.renew()),
    progress: (progress) => call("tell of", () => claim.progress(progress)),
    finish: () => end("finish", () => claim.finish()),
    fail: (cause) => end("fail", () => claim.fail(cause)),
    handBack: () => end("hand back", () => claim.handBack()),
  };
}

/** Carries out one call: it travels there and back, and the process may be killed at it. */
async function step<T>(asked: Asked, words: string, act: () => Promise<T>): Promise<T> {
  const { around, self } = asked;
  const caller = { ...self, name: `${self.name}/queue` };
  const tell = (answer: string) => around.world.note(self.name, `${words} → ${answer}`);
  const pass = (ms: number) =>
    new Promise<void>((resolve) => void around.world.at(ms, self, () => resolve()));
  const kill = around.faults.takeKill(caller);
  if (kill?.isDone) await act();
  // What a dead process goes on with comes to nothing.
  if (kill !== undefined) around.faults.kill(self, kill, words);
  const fault = toPossible(around.faults.take(caller, "queue"), words);
  await pass(travelMs(self, fault === "slow" ? SLOW_MS : TRAVEL_MS));
  if (fault === "late") around.world.at(travelMs(self, SLOW_MS), self, () => void ignore(act));
  if (fault === "refused" || fault === "late") {
    tell(`fails: ${fault}`);
    throw unavailable(fault);
  }
  const answer = await act();
  tell(typeof answer === "string" ? answer : toWords(answer));
  await pass(fault === "answer-lost" ? GIVES_UP_MS : travelMs(self));
  if (fault === "answer-lost") throw unavailable(fault);
  return answer;
}

/** A claim that nobody waits for any more would wait on, and take what others should get. */
function toPossible(fault: CallFault | undefined, words: string): CallFault | undefined {
  return fault === "late" && words === CLAIM ? "refused" : fault;
}

function travelMs({ random }: VirtualProcess, longestMs = TRAVEL_MS): number {
  return 1 + random() * longestMs;
}

function ignore(act: () => Promise<unknown>): Promise<unknown> {
  return act().catch(() => undefined);
}

/** Where the job stands that was found, if it was one. */
function toWords(answer: unknown): string {
  if (typeof answer !== "object" || answer === null) return "nothing";
  return "state" in answer ? `${answer.state}` : "done";
}

function unavailable(fault: string): HexError {
  return new HexError("HEX_QUEUE_UNAVAILABLE", `the simulated queue: ${fault}`);
}
