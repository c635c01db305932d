import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { onTestFinished } from "vitest";
import { isFinal, type RunRecord } from "../../src/run/history/run-record.ts";
import { listVersions } from "../../src/store/versions.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { runtimeUrl, SHORT_LEASE_MS, type WorkerProject } from "./worker-project.ts";

export interface ChaosOptions {
  readonly project: WorkerProject;
  /** files of the built programs */
  readonly workProgram: string;
  readonly submitProgram: string;
  /** so many runs are accepted at least */
  readonly runs: number;
  readonly seed: number;
  /** kills what the queue stands on, and starts it again */
  readonly killServer?: (() => Promise<void>) | undefined;
}

/** What was counted when all was over; the first five must be 0. */
export interface ChaosCounts {
  /** accepted and not known to history */
  readonly lost: number;
  /** without an end */
  readonly stuck: number;
  /** versions of a run that has another one */
  readonly doubled: number;
  /** runs that had ended and later ended otherwise */
  readonly changed: number;
  /** runs that ended as they cannot have gone, or say of a version what it does not say of them */
  readonly wrong: number;
  readonly [what: string]: number;
}

const WORKERS = 3;
const BATCH = 10;
const DRAIN_MS = 60_000;
/** How long two workers that nobody kills may take to bring everything to its end. */
const PATIENCE_MS = 600_000;

/** Workers, submitters and run processes that are killed at random, and what became of the runs. */
export class ChaosWorld {
  readonly #options: ChaosOptions;
  readonly #random: () => number;
  readonly #workers: ChildProcess[] = [];
  readonly #accepted = new Map<string, string>();
  readonly #ended = new Map<string, RunRecord>();
  readonly #kills = { workers: 0, runProcesses: 0, submitters: 0, servers: 0 };
  #changed = 0;
  #asked = 0;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /** Kills whatever there is until enough runs are accepted, then lets two fresh workers finish. */
  async run(): Promise<ChaosCounts> {
    for (let count = 0; count < WORKERS; count++) this.#startWorker();
    while (this.#accepted.size < this.#options.runs) await this.#submitSome();
    for (const worker of this.#workers.splice(0)) await kill(worker);
    for (let count = 0; count < 2; count++) this.#startWorker();
    await this.#untilAllEnded();
    for (const worker of this.#workers) worker.kill("SIGTERM");
    await Promise.all(this.#workers.map(ended));
    return this.#count();
  }

  /** Submits a batch, while something is killed again and again. */
  async #submitSome(): Promise<void> {
    const { directory } = this.#options.project;
    const args = [directory, runtimeUrl, `${this.#asked}`, `${this.#asked + BATCH}`];
    this.#asked += BATCH;
    const submitter = start(this.#options.submitProgram, args);
    const told = takeLines(submitter);
    const over = ended(submitter);
    if (this.#random() < 0.4) void this.#killSoon(submitter);
    do {
      await Promise.race([over, wait(200 + 800 * this.#random())]);
      await this.#killSomething();
      await this.#noteEnded();
    } while (submitter.exitCode === null && submitter.signalCode === null);
    await over;
    for (const line of told()) {
      const [runId = "", kind = ""] = line.split(" ");
      this.#accepted.set(runId, kind);
    }
    await this.#untilFewWait();
  }

  /** A submitter is quick: it is killed before it is through. */
  async #killSoon(submitter: ChildProcess): Promise<void> {
    await wait(200 + 400 * this.#random());
    if (submitter.kill("SIGKILL")) this.#kills.submitters++;
  }

  async #killSomething(): Promise<void> {
    const dice = this.#random();
    const { killServer, project } = this.#options;
    if (dice < 0.3) {
      const [victim] = this.#workers.splice(Math.floor(this.#random() * WORKERS), 1);
      if (victim === undefined) return;
      this.#kills.workers++;
      await kill(victim);
      this.#startWorker();
    } else if (dice < 0.65) {
      const victims = findRunProcesses(project.directory);
      const victim = victims[Math.floor(this.#random() * victims.length)];
      if (victim !== undefined && killOne(victim)) this.#kills.runProcesses++;
    } else if (killServer !== undefined && dice < 0.8) {
      this.#kills.servers++;
      await killServer();
    }
  }

  /** Goes on when the workers are nearly through: the kills are to meet all that they do. */
  async #untilFewWait(): Promise<void> {
    const { history } = this.#options.project.runs;
    for (;;) {
      let open = 0;
      for await (const _ of history.unfinished()) open++;
      if (open < 2 * BATCH) return;
      await wait(200 + 800 * this.#random());
      await this.#killSomething();
      await this.#noteEnded();
    }
  }

  async #untilAllEnded(): Promise<void> {
    const untilMs = performance.now() + PATIENCE_MS;
    while (performance.now() < untilMs) {
      await this.#noteEnded();
      if (!(await this.#records()).some(({ state }) => !isFinal(state))) return;
      await wait(500);
    }
  }

  /** Remembers how runs ended, and notices when one has changed since. */
  async #noteEnded(): Promise<void> {
    for (const record of await this.#records()) {
      if (!isFinal(record.state)) continue;
      const before = this.#ended.get(record.runId);
      if (before !== undefined && !isDeepStrictEqual(before, record)) this.#changed++;
      this.#ended.set(record.runId, record);
    }
  }

  async #records(): Promise<readonly RunRecord[]> {
    return (await this.#options.project.runs.history.list({ limit: 10_000 })).runs;
  }

  async #count(): Promise<ChaosCounts> {
    const { store, history } = this.#options.project.runs;
    const records = await this.#records();
    const versions = await listVersions(store);
    const known = new Set(records.map(({ runId }) => runId));
    const publishers = new Map(versions.map(({ runId, generation }) => [runId, generation]));
    const isWrong = ({ runId, state, inputs, version, isPublisher, context }: RunRecord) => {
      const kind = String(inputs["act"]).split(":")[0];
      if (state === "completed" && kind === "throw") return true;
      if (state === "completed" && context === "logic" && !isPublisher) return true;
      return (publishers.get(runId) ?? null) !== (isPublisher ? version : null);
    };
    let marks = 0;
    for await (const runId of history.unfinished()) if (known.has(runId)) marks++;
    const inState = (wanted: string) => records.filter(({ state }) => state === wanted).length;
    return {
      lost: [...this.#accepted.keys()].filter((runId) => !known.has(runId)).length,
      stuck: records.filter(({ state }) => !isFinal(state)).length + marks,
      doubled: versions.length - publishers.size,
      changed: this.#changed,
      wrong: records.filter(isWrong).length,
      accepted: this.#accepted.size,
      known: records.length,
      completed: inState("completed"),
      failed: inState("failed"),
      crashed: records.filter(({ error }) => error?.code === "HEX_RUN_CRASHED").length,
      triedAgain: records.filter(({ attempts }) => attempts.length > 1).length,
      versions: versions.length,
      ...this.#kills,
    };
  }

  #startWorker(): void {
    const { workProgram, project } = this.#options;
    const args = [project.directory, runtimeUrl, `${SHORT_LEASE_MS}`, `${DRAIN_MS}`];
    const worker = start(workProgram, args);
    // What it tells is of no interest here, but must be read.
    worker.stdout?.resume();
    this.#workers.push(worker);
  }
}

function start(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

function takeLines(child: ChildProcess): () => readonly string[] {
  let printed = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    printed += text;
  });
  return () => printed.split("\n").slice(0, -1);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await ended(child);
}

/** The run processes of a project: those that run in its folder. */
export function findRunProcesses(directory: string): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && isRunProcess(pid, directory));
}

function isRunProcess(pid: number, directory: string): boolean {
  try {
    return (
      readlinkSync(`/proc/${pid}/cwd`) === directory &&
      readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("run-child.js")
    );
  } catch {
    // Gone meanwhile.
    return false;
  }
}

function killOne(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
