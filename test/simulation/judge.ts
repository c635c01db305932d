import type { Claim, EndAnswer } from "../../src/queue/queue.ts";
import { isFinal, type RunRecord } from "../../src/run/history/run-record.ts";
import { HISTORY_PREFIX, MANIFEST_KEY, RUNS_PREFIX, TICKS_PREFIX } from "../../src/store/key.ts";
import { LEASE_KEY, type LeaseRecord, leaseRecords } from "../../src/store/lease/lease-terms.ts";
import { filesOf, referencedKeys } from "../../src/store/manifest/history.ts";
import { type Commit, type Manifest, parseManifest } from "../../src/store/manifest/manifest.ts";
import { MemoryStore } from "../fakes/memory-store.ts";

/** What a publisher was told; of what is unknown nobody can say whether it is there. */
export type Told = "published" | "refused" | "unknown";

/** A promise that was broken, and by what. */
export interface Broken {
  readonly promise: string;
  readonly got: string;
}

const MOST_ATTEMPTS = 3;

/** Looks at each step whether a promise is broken; the first one counts. */
export class Judge {
  broken: Broken | undefined;
  readonly counts = new Map<string, number>();
  readonly records = new Map<string, RunRecord>();
  manifest: Manifest | undefined;
  /** every version that there ever was, by its number */
  readonly #versions = new Map<number, Commit>();
  readonly #told = new Map<string, { readonly told: Told; readonly number?: number }>();
  readonly #claims = new Map<string, { newest: number; isOver: boolean }>();
  readonly #ticks = new Set<string>();
  readonly #begun = new Set<string>();
  readonly #changed = new Set<string>();
  #lease: LeaseRecord | undefined;
  /** the fences of those who went past a holder that had not let go */
  readonly #passing = new Set<number>();
  /** nobody whose fence is lower may publish any more */
  #passedBelow = 0;
  readonly #fences = new Map<string, number>();
  readonly #text = new TextDecoder();

  count(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  /** Notes that a promise is broken unless something holds; `got` says by what. */
  expect(holds: boolean, promise: string, got: string): void {
    if (!holds) this.broken ??= { promise, got };
  }

  /** An object was written. */
  sawWrite(key: string, body: Uint8Array, isThere: (key: string) => boolean): void {
    if (key === MANIFEST_KEY) this.#sawManifest(parseManifest(body, "store"), isThere);
    else if (key === LEASE_KEY)
      this.#sawLease(leaseRecords.parse(body, { key: LEASE_KEY, location: "store" }));
    else if (key.startsWith(HISTORY_PREFIX) && key.endsWith("/record.json")) {
      this.#sawRecord(JSON.parse(this.#text.decode(body)));
    } else if (key.startsWith(TICKS_PREFIX)) {
      this.expect(!this.#ticks.has(key), "an instant is taken once", key);
      this.#ticks.add(key);
      this.count("ticks");
    }
  }

  /** A run was told that it holds the lease: whoever it went past is fenced by now. */
  sawHolder(runId: string, fence: number): void {
    this.#fences.set(runId, fence);
    if (!this.#passing.has(fence)) return;
    const got = `fence ${this.manifest?.fence} of the manifest for the holder of ${fence}`;
    this.expect((this.manifest?.fence ?? 0) >= fence, "who is passed is fenced first", got);
    this.#passedBelow = Math.max(this.#passedBelow, fence);
    this.count("holders passed");
  }

  sawDelete(key: string): void {
    if (!key.startsWith(RUNS_PREFIX)) return;
    const isNeeded = this.manifest !== undefined && referencedKeys(this.manifest).has(key);
    this.expect(!isNeeded, "nothing is removed that a version needs", key);
  }

  sawClaim({ job, number }: Claim): void {
    const known = this.#claims.get(job.id) ?? { newest: 0, isOver: false };
    const got = `job ${job.id} #${number} after #${known.newest}, attempt ${job.attempts}`;
    this.expect(!known.isOver, "a job is not given again after its end", got);
    this.expect(number > known.newest, "the numbers of a job's claims rise", got);
    this.expect(
      job.attempts <= MOST_ATTEMPTS,
      `a job is tried ${MOST_ATTEMPTS} times at most`,
      got,
    );
    this.#claims.set(job.id, { newest: number, isOver: false });
    this.count("claims");
  }

  sawEnd(id: string, number: number, answer: EndAnswer): void {
    this.count(`${answer} ends`);
    const known = this.#claims.get(id);
    if (answer === "lost" || known === undefined) return;
    const got = `${answer} for #${number} of job ${id}, whose newest is #${known.newest}`;
    this.expect(number === known.newest, "only the newest claim of a job counts", got);
    this.expect(!known.isOver, "a job ends once", got);
    known.isOver = answer !== "queued";
  }

  /** Somebody looks at a version on which he may count. */
  sawPin(commit: Commit | undefined, isThere: (key: string) => boolean): void {
    for (const { key } of commit === undefined ? [] : filesOf(commit)) {
      this.expect(isThere(key), "what a reader has pinned stays", key);
    }
    this.count("pins");
  }

  /** Somebody begins a change of a record that others change as well. */
  began(change: string): void {
    this.#begun.add(change);
  }

  /** He was told that his change is made. */
  changed(change: string): void {
    this.count("changes");
    this.#changed.add(change);
  }

  /** A publisher was told what became of its run. */
  tell(runId: string, told: Told, number?: number): void {
    this.count(told);
    this.#told.set(runId, number === undefined ? { told } : { told, number });
  }

  /** What must hold once nothing happens any more. */
  conclude(): void {
    for (const [runId, { told, number }] of this.#told) {
      const own = this.#versionsOf(runId).map(({ generation }) => generation);
      const got = `run ${runId}, told as ${told} ${number ?? ""}, is version ${own[0]}`;
      if (told === "published")
        this.expect(own[0] === number, "what is told as published is there", got);
      if (told === "refused")
        this.expect(own.length === 0, "what is told as refused is not there", got);
    }
    for (const record of this.records.values()) this.#checkEnd(record);
    this.#checkChanges();
    const instants = [...this.records.values()].flatMap(({ occasion }) => occasion?.instant ?? []);
    const isOnce = new Set(instants).size === instants.length;
    this.expect(isOnce, "each planned instant has one run", instants.join(", "));
  }

  /** Each change that was told as made is in the record, each once, and none of somebody else's. */
  #checkChanges(): void {
    if (this.#begun.size === 0) return;
    const [record] = this.records.values();
    const workers = record?.attempts.map(({ worker }) => worker) ?? [];
    const own = workers.filter((worker) => this.#begun.has(worker));
    this.expect(new Set(own).size === own.length, "no change is made twice", own.join(", "));
    for (const change of this.#changed) {
      this.expect(own.includes(change), "no change of a record is lost", change);
    }
  }

  /** What a run's record says of its end, compared with the versions. */
  #checkEnd({ runId, state, version, isPublisher }: RunRecord): void {
    if (!isFinal(state) || this.#begun.size > 0) return;
    this.count(`runs ${state}`);
    const own = this.#versionsOf(runId)[0]?.generation;
    const got = `run ${runId}, recorded as ${state} with version ${version}, is version ${own}`;
    if (isPublisher)
      this.expect(own === version, "a record tells the version that its run is", got);
    else this.expect(own === undefined, "a run that published is recorded so", got);
  }

  #versionsOf(runId: string): Commit[] {
    return [...this.#versions.values()].filter(
      (commit) => commit.runId === runId && commit.note === undefined,
    );
  }

  #sawLease(next: LeaseRecord): void {
    const before = this.#lease;
    this.#lease = next;
    if (before === undefined || before.leaseId === next.leaseId) return;
    const got = `${next.generation} after ${before.generation}`;
    this.expect(next.generation > before.generation, "each holder has a higher fence", got);
    if (before.state === "held") this.#passing.add(next.generation);
  }

  #sawManifest(next: Manifest, isThere: (key: string) => boolean): void {
    const before = this.manifest;
    this.manifest = next;
    const fences = `${next.fence} after ${before?.fence}`;
    this.expect(
      next.fence >= (before?.fence ?? 0),
      "the fence of the manifest never goes back",
      fences,
    );
    const [newest, ...older] = next.commits;
    const [last] = before?.commits ?? [];
    if (newest === undefined) return;
    for (const commit of newest.commitId === last?.commitId ? next.commits : older) {
      const known = this.#versions.get(commit.generation);
      const isSame = JSON.stringify(known) === JSON.stringify(commit);
      this.expect(
        isSame,
        "a version never changes, nor is lost",
        `another version ${commit.generation}`,
      );
    }
    if (newest.commitId === last?.commitId) return;
    const expected = (last?.generation ?? 0) + 1;
    const isNext = newest.generation === expected;
    this.expect(isNext, "versions rise by one", `${newest.generation} after ${last?.generation}`);
    const isFirst = newest.note !== undefined || this.#versionsOf(newest.runId).length === 0;
    this.expect(isFirst, "a run is published once", newest.runId);
    for (const { key } of filesOf(newest)) {
      this.expect(isThere(key), "what a version needs is there when it is published", key);
    }
    const fence = this.#fences.get(newest.runId) ?? this.#passedBelow;
    const late = `${newest.runId} under fence ${fence}, below ${this.#passedBelow}`;
    this.expect(fence >= this.#passedBelow, "who was passed never publishes afterwards", late);
    this.#versions.set(newest.generation, newest);
    this.count("versions");
  }

  #sawRecord(record: RunRecord): void {
    const { runId } = record;
    const before = this.records.get(runId);
    this.records.set(runId, record);
    if (before === undefined) return;
    this.expect(!isFinal(before.state), "a record never changes after its run's end", runId);
    const isKept = record.attempts.length >= before.attempts.length;
    this.expect(isKept, "no attempt of a run is forgotten", runId);
  }
}

/** Objects in memory, of which a judge sees each change. */
export class JudgedStore extends MemoryStore {
  readonly #judge: Judge;

  constructor(judge: Judge, now: () => number) {
    super(now);
    this.#judge = judge;
  }

  override async write(...args: Parameters<MemoryStore["write"]>) {
    const [key, body] = args;
    const result = await super.write(...args);
    if (result.status === "written")
      this.#judge.sawWrite(key, body, (other) => this.objects.has(other));
    return result;
  }

  override async delete(...args: Parameters<MemoryStore["delete"]>): Promise<void> {
    this.#judge.sawDelete(args[0]);
    await super.delete(...args);
  }
}
