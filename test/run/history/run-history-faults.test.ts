import { expect, it } from "vitest";
import { HexError } from "../../../src/errors.ts";
import type { ChangeAnswer } from "../../../src/run/history/record-writes.ts";
import { openRunHistory, type RunHistory } from "../../../src/run/history/run-history.ts";
import { isFinal, type RunRecord } from "../../../src/run/history/run-record.ts";
import { FaultyStore } from "../../fakes/faulty-store.ts";
import { MemoryStore } from "../../fakes/memory-store.ts";
import { seededRandom } from "../../fakes/seeded-random.ts";
import { NOON, queuedRun, toCompleted, toRunning } from "./records.ts";

const SEEDS = Number(process.env["HEX_TEST_SEEDS"] ?? 200);
/** Generous for each on a busy machine. */
const TIMEOUT_MS = 180_000 + SEEDS * 1_000;
const WRITERS = 4;
const CHANGES = 5;

/** What the writers of one run were told. */
interface Told {
  /** attempts that certainly are in the record, by worker */
  readonly added: string[];
  /** attempts of which nobody could say whether they are */
  readonly unknown: string[];
  readonly ended: RunRecord[];
}

it(`loses no change, makes none twice and rewrites no end over ${SEEDS} seeds`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const totals = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      await simulate(seed, (name, count) => totals.set(name, (totals.get(name) ?? 0) + count));
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }
  const counts = [...totals].map(([name, count]) => `${count} ${name}`).join(", ");
  console.log(`${SEEDS} seeds: ${counts}`);
  for (const name of ["added", "unknown", "ended", "late", "repeated", "reply-lost", "half"]) {
    expect(totals.get(name), name).toBeGreaterThan(0);
  }
});

async function simulate(seed: number, add: (name: string, count: number) => void): Promise<void> {
  const random = seededRandom(seed);
  const memory = new MemoryStore(() => NOON);
  const percent = () => [0, 10, 35, 60][seed % 4] ?? 0;
  const store = new FaultyStore(memory, { random, percent });
  let ids = 0;
  const randomId = () => `write-${++ids}`;
  const options = { random, randomId, now: () => NOON, sleep: async () => undefined, tries: 4 };
  const run = queuedRun(NOON);
  const told: Told = { added: [], unknown: [], ended: [] };
  const history = openRunHistory(store, options);
  await untilKnown(() => history.accept(run));
  await Promise.all(Array.from({ length: WRITERS }, (_, n) => work(history, run.runId, n, told)));
  const calm = openRunHistory(memory, options);
  await checkRecord(calm, run.runId, told);
  // What was late comes now, if it comes at all.
  for (let turn = 0; turn < 30; turn++) await store.read("turn").catch(() => undefined);
  await checkRecord(calm, run.runId, told);
  await healed(calm, run.runId);
  for (const name of ["added", "unknown", "ended"] as const) add(name, told[name].length);
  for (const [fault, count] of store.counts) add(fault, count);
}

/** One writer adds attempts of its own; the last change of each is an end, of which one can win. */
async function work(history: RunHistory, runId: string, writer: number, told: Told) {
  for (let change = 1; change <= CHANGES; change++) {
    const worker = `writer-${writer}-${change}`;
    const toNext = (current: RunRecord) => {
      const next = toRunning(current, worker);
      return change === CHANGES ? toCompleted(next, writer + 1) : next;
    };
    try {
      note(await history.change(runId, toNext), worker, told);
    } catch (error) {
      if (!(error instanceof HexError)) throw error;
      told.unknown.push(worker);
    }
  }
}

function note(answer: ChangeAnswer, worker: string, told: Told): void {
  if (answer.status === "missing") throw new Error("the record is lost");
  if (answer.status === "changed") told.added.push(worker);
  if (isFinal(answer.record.state)) told.ended.push(answer.record);
}

async function checkRecord(history: RunHistory, runId: string, told: Told): Promise<void> {
  const record = await history.read(runId);
  const workers = record?.attempts.map(({ worker }) => worker) ?? [];
  expect(new Set(workers).size).toBe(workers.length);
  expect(workers).toEqual(expect.arrayContaining(told.added));
  for (const worker of workers) expect([...told.added, ...told.unknown]).toContain(worker);
  for (const ended of told.ended) expect(record).toEqual(ended);
}

/** Whatever was left behind, one look at the unfinished runs brings it in order. */
async function healed(history: RunHistory, runId: string): Promise<void> {
  const record = await history.read(runId);
  const marks: string[] = [];
  for await (const marked of history.unfinished()) marks.push(marked);
  if (record !== undefined && !isFinal(record.state)) {
    expect(marks).toEqual([runId]);
    await history.change(runId, (current) => toCompleted(toRunning(current)));
  } else await history.change(runId, () => undefined);
  for await (const marked of history.unfinished()) throw new Error(`${marked} is still marked`);
}

async function untilKnown(accept: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await accept();
      return;
    } catch (error) {
      if (!(error instanceof HexError)) throw error;
    }
  }
}
