import { appendFileSync, type FSWatcher, utimesSync, watch } from "node:fs";
import { identifyProcess, isProcessGone } from "../../store/holder.ts";
import { DAY, HOUR } from "../../text.ts";
import { ClaimWait, HeldClaims, type TakenJob, toClaim } from "../claim.ts";
import {
  ATTEMPTS,
  type CancelAnswer,
  type Claim,
  type ClaimOptions,
  type Job,
  type JobSpec,
  type LaneCounts,
  LEASE_MS,
  type Queue,
  type QueueOptions,
  toLaneCounts,
  type WaitOptions,
} from "../queue.ts";
import { toJob, toPayloadText } from "../stored-job.ts";
import {
  type ClaimRules,
  type Clocks,
  endAttempt,
  isToStop,
  keepProgress,
  LeaseClock,
  renewLease,
  takeJob,
} from "./lane-claims.ts";
import { identifyFile, openQueueFile, reopenQueueFile, toFileFailure } from "./queue-file.ts";
import type { Sqlite } from "./sqlite.ts";

export interface EmbeddedQueueOptions
  extends QueueOptions,
    Partial<Clocks>,
    Partial<Pick<ClaimRules, "process" | "isGone">> {}

/** How long jobs that ended are kept, and how often older ones are looked for. */
const KEPT_MS = DAY;
const PRUNE_EVERY_MS = HOUR;

/** How often a claim that waits looks by itself, for most changes wake it. */
const POLL_MS = 100;

/**
 * Opens a queue in a file of this machine, for any number of its processes at once.
 *
 * @param file an absolute path; the file and its folder are made when they are missing
 * @throws {HexError} HEX_QUEUE_UNAVAILABLE
 */
export async function openEmbeddedQueue(
  file: string,
  options: EmbeddedQueueOptions = {},
): Promise<Queue> {
  const { attempts = ATTEMPTS, leaseMs = LEASE_MS, now, monotonic } = options;
  const { process = identifyProcess(), isGone = isProcessGone } = options;
  const clocks = {
    now: now ?? Date.now,
    // A clock that a test drives is set by nobody else.
    monotonic: monotonic ?? now ?? (() => performance.now()),
  };
  const database = await openQueueFile(file);
  return new EmbeddedQueue(file, {
    database,
    attempts,
    leaseMs,
    process,
    isGone,
    clock: new LeaseClock(leaseMs, clocks),
  });
}

class EmbeddedQueue implements Queue {
  readonly location: string;
  /** other ones when the file was lost: claims of the one before are then lost, too */
  #rules: ClaimRules;
  #identity: string | undefined;
  readonly #wait: ClaimWait;
  readonly #held = new HeldClaims();
  /** touched after each change that others wait for: the database's own files change before it counts */
  readonly #wakeFile: string;
  #watcher: FSWatcher | undefined;
  #prunedAt = Number.NEGATIVE_INFINITY;

  constructor(file: string, rules: ClaimRules) {
    this.location = file;
    this.#rules = rules;
    this.#identity = identifyFile(file);
    this.#wait = new ClaimWait(file, POLL_MS);
    this.#wakeFile = `${file}-wake`;
  }

  get #database(): Sqlite {
    return this.#rules.database;
  }

  async submit(spec: JobSpec, { signal }: WaitOptions = {}): Promise<"submitted" | "known"> {
    signal?.throwIfAborted();
    const payload = toPayloadText(spec);
    const { id, lane, priority } = spec;
    const [row] = this.#do(() => {
      this.#prune();
      return this.#database.rows(
        `INSERT INTO jobs (id, lane, priority, payload, available_at)
        VALUES (:id, :lane, :priority, :payload, :now) ON CONFLICT (id) DO NOTHING RETURNING id`,
        { id, lane, priority, payload, now: this.#rules.clock.now() },
      );
    });
    this.#wakeClaims();
    return row === undefined ? "known" : "submitted";
  }

  async claim({ lane, worker, atMost, signal }: ClaimOptions): Promise<Claim> {
    this.#watchOthers();
    const options = { lane, worker, atMost };
    const look = () =>
      this.#do(() => {
        const taken = takeJob(this.#rules, options);
        return taken && this.#toClaim(taken);
      });
    return this.#wait.untilFound(look, signal);
  }

  async find(id: string): Promise<Job | undefined> {
    const [row] = this.#do(() => this.#database.rows("SELECT * FROM jobs WHERE id = :id", { id }));
    return row && toJob(row);
  }

  async cancel(id: string): Promise<CancelAnswer> {
    const now = this.#rules.clock.now();
    const [row] = this.#do(() =>
      this.#database.rows(
        `UPDATE jobs SET cancel_requested = 1,
          state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END,
          ended_at = CASE state WHEN 'queued' THEN :now END
        WHERE id = :id AND state IN ('queued', 'claimed') RETURNING state`,
        { id, now },
      ),
    );
    if (row !== undefined) {
      this.#wakeClaims();
      return row["state"] === "cancelled" ? "cancelled" : "requested";
    }
    return (await this.find(id)) === undefined ? "unknown" : "ended";
  }

  async count(): Promise<LaneCounts> {
    const rows = this.#do(() =>
      this.#database.rows("SELECT lane, state, count(*) AS jobs FROM jobs GROUP BY lane, state"),
    );
    return toLaneCounts((lane) => {
      const jobsIn = (state: string) =>
        rows.find((row) => row["lane"] === lane && row["state"] === state)?.["jobs"] ?? 0;
      return { queued: Number(jobsIn("queued")), claimed: Number(jobsIn("claimed")) };
    });
  }

  async check(): Promise<readonly string[]> {
    const [row] = this.#do(() => this.#database.rows("PRAGMA journal_mode"));
    if (row?.["journal_mode"] === "wal") return [];
    return [
      `The queue ${this.location} is slower and less safe than it should be: its disk does not let processes share memory, as network drives do not (keep it on a disk of this machine)`,
    ];
  }

  async close(): Promise<void> {
    this.#wait.close();
    this.#watcher?.close();
    this.#database.close();
  }

  #toClaim(taken: TakenJob): Claim {
    const rules = this.#rules;
    // The same job may have been submitted to the file that has taken the place of a lost one.
    const unlessLost = <T>(move: () => T) =>
      this.#do(() => (rules === this.#rules ? move() : "lost"));
    return toClaim(taken, rules.attempts, {
      asked: this.#held.hold(taken),
      renew: () => unlessLost(() => renewLease(rules, taken)),
      progress: (text) => unlessLost(() => keepProgress(rules, taken, text)),
      end: async (ending) => {
        const answer = unlessLost(() => endAttempt(rules, taken, ending));
        this.#held.drop(taken);
        this.#wakeClaims();
        return answer;
      },
    });
  }

  /** Claims look at once, in this process and in all others. */
  #wakeClaims(): void {
    this.#look();
    const now = new Date();
    try {
      utimesSync(this.#wakeFile, now, now);
    } catch {
      // Nobody watches yet, or the file cannot be touched: others look by themselves a little later.
    }
  }

  /** Those that wait look for a job, those that are held whether they are to stop. */
  #look(): void {
    this.#wait.wake();
    this.#held.ask((taken) => {
      try {
        return this.#do(() => isToStop(this.#rules, taken));
      } catch {
        // The next renewal meets it, too, and tells.
        return false;
      }
    });
  }

  /** Looks as soon as any process has changed something; where files cannot be watched, a little later. */
  #watchOthers(): void {
    if (this.#watcher !== undefined || this.#wait.isClosed) return;
    try {
      appendFileSync(this.#wakeFile, "");
      const watcher = watch(this.#wakeFile, { persistent: false }, () => this.#look());
      watcher.on("error", () => watcher.close());
      this.#watcher = watcher;
    } catch {
      // The system has no watches left, or none for this disk: looking by itself is enough.
    }
  }

  #prune(): void {
    const now = this.#rules.clock.now();
    if (Math.abs(now - this.#prunedAt) < PRUNE_EVERY_MS) return;
    this.#prunedAt = now;
    this.#database.rows("DELETE FROM jobs WHERE ended_at < :before", { before: now - KEPT_MS });
  }

  /** @throws {HexError} HEX_QUEUE_UNAVAILABLE when it is closed, or its file fails */
  #do<T>(work: () => T): T {
    this.#wait.throwIfClosed();
    try {
      this.#followFile();
      return work();
    } catch (error) {
      throw toFileFailure(error, this.location);
    }
  }

  /** Jobs in a file that was removed or replaced reach nobody any more: all go on with the one that is there. */
  #followFile(): void {
    const { location } = this;
    const identity = identifyFile(location);
    if (identity !== undefined && identity === this.#identity) return;
    this.#rules = { ...this.#rules, database: reopenQueueFile(this.#database, location) };
    this.#identity = identifyFile(location);
  }
}
