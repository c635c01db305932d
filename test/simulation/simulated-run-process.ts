import { HexError } from "../../src/errors.ts";
import { frame } from "../../src/frame/rows.ts";
import type { ProcessTask, RunSummary } from "../../src/run/process/messages.ts";
import type { CrashReason, ProcessEnding } from "../../src/run/process/process-ending.ts";
import type { ProcessHooks, RunProcess } from "../../src/run/process/run-process.ts";
import type { Parent } from "../../src/run/process/serve-task.ts";
import { startPublishing } from "../../src/run/publish-run.ts";
import type { TakeLease } from "../../src/run/run-work.ts";
import { publish } from "../../src/store/publication.ts";
import type { Store } from "../../src/store/store.ts";
import { acquireRemoteLease } from "../../src/work/process-calls.ts";
import type { RunTask } from "../../src/work/run-task.ts";
import { publication } from "../store/published-frames.ts";
import { SimulatedProject } from "./simulated-project.ts";
import { currentProcess, sleep } from "./virtual-globals.ts";
import type { VirtualProcess, VirtualWorld } from "./virtual-world.ts";

const MESSAGE_MS = 2;
const GRACE_MS = 3_000;
/** after so long a process notices that its parent is no more */
const ORPHAN_MS = 1_000;
const LONGEST_COMPUTING_MS = 20_000;

/** In the place of a real process of one run: its steps are those of a simulated one. */
export function startProjectProcess(): RunProcess {
  const here = currentProcess();
  if (here === undefined) throw new Error("a run process is started outside of a simulation");
  return new SimulatedRunProcess(here.world, here.self);
}

class SimulatedRunProcess implements RunProcess {
  readonly ready = Promise.resolve();
  readonly #world: VirtualWorld;
  readonly #parent: VirtualProcess;
  readonly #self: VirtualProcess;
  readonly #stopping = new AbortController();
  readonly #listeners = new Map<string, (payload: unknown) => void>();
  #hooks: ProcessHooks | undefined;
  #end: (ending: ProcessEnding) => void = () => {};

  constructor(world: VirtualWorld, parent: VirtualProcess) {
    this.#world = world;
    this.#parent = parent;
    this.#self = world.spawn(`${parent.name}.run`, parent.machine, () => {});
    const { onDeath } = parent;
    parent.onDeath = () => {
      onDeath?.();
      world.at(ORPHAN_MS, undefined, () => world.kill(this.#self));
    };
  }

  get pid(): number {
    return this.#self.pid;
  }

  get isOver(): boolean {
    return this.#self.isDead;
  }

  run(task: ProcessTask, hooks: ProcessHooks): Promise<ProcessEnding> {
    this.#hooks = hooks;
    return new Promise((resolve) => {
      this.#end = (ending) => {
        this.#end = () => {};
        this.#world.at(MESSAGE_MS, this.#parent, () => resolve(ending));
      };
      this.#self.onDeath = () => this.#end(crashed("signal"));
      if (this.#self.isDead) return this.#end(crashed("signal"));
      const { signal } = hooks;
      const stop = () => this.#stop(signal?.reason);
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop);
      this.#tell(this.#self, () => void this.#carryOut(task as RunTask));
    });
  }

  async count(): Promise<number> {
    return 1;
  }

  note(name: string, payload: unknown): void {
    this.#tell(this.#self, () => this.#listeners.get(name)?.(payload));
  }

  async kill(): Promise<void> {
    this.#world.kill(this.#self);
  }

  #stop(reason: unknown): void {
    this.#tell(this.#self, () => this.#stopping.abort(reason));
    this.#world.at(GRACE_MS, undefined, () => {
      this.#end(crashed("cancelled"));
      this.#world.kill(this.#self);
    });
  }

  async #carryOut(task: RunTask): Promise<void> {
    const parent: Parent = {
      signal: this.#stopping.signal,
      emit: (event) => this.#tell(this.#parent, () => this.#hooks?.onEvent?.(event)),
      call: (name, payload) => this.#ask(name, payload),
      note: (name, payload) => this.#tell(this.#parent, () => this.#hooks?.onNote?.(name, payload)),
      onNote: (name, listener) => this.#listeners.set(name, listener),
    };
    const store = SimulatedProject.of(this.#world).openStore(this.#self);
    const value = await computeAndPublish(store, task, {
      signal: parent.signal,
      takeLease: acquireRemoteLease(parent),
    });
    this.#tell(this.#parent, () => {
      this.#end({ status: "done", value, stop: null, peakMemoryBytes: 0, survivors: [] });
      this.#world.kill(this.#self);
    });
  }

  #ask(name: string, payload: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#tell(this.#parent, () => {
        const answering = this.#hooks?.onCall?.(name, payload) ?? Promise.resolve();
        answering.then(
          (answer) => this.#tell(this.#self, () => resolve(answer)),
          (error: unknown) => this.#tell(this.#self, () => reject(error)),
        );
      });
    });
  }

  #tell(whom: VirtualProcess, act: () => void): void {
    this.#world.at(MESSAGE_MS, whom, act);
  }
}

interface ComputeOptions {
  readonly signal: AbortSignal;
  readonly takeLease: TakeLease;
}

/** What a run does that computes two frames: under the lease, and published together. */
export async function computeAndPublish(
  store: Store,
  { runId, attempt, context }: Pick<RunTask, "runId" | "attempt" | "context">,
  { signal, takeLease }: ComputeOptions,
): Promise<RunSummary> {
  const here = currentProcess();
  if (here === undefined) throw new Error("a run computes outside of a simulation");
  const { judge } = SimulatedProject.of(here.world);
  const startedMs = Date.now();
  const told = { runId, context, startedAt: new Date(startedMs).toISOString(), cells: [] };
  const end = (more: Pick<RunSummary, "status" | "version" | "error">): RunSummary => ({
    ...{ ...told, elapsedMs: Math.max(0, Date.now() - startedMs) },
    ...{ ...more, isPublisher: more.status === "completed" },
  });
  try {
    const publishing = await startPublishing({
      ...{ store, machines: "several", takeLease, signal, onWarning: () => {} },
    });
    const { lease, conditions, before } = publishing;
    if (lease !== undefined) judge.sawHolder(runId, lease.fence);
    try {
      const both = lease === undefined ? signal : AbortSignal.any([signal, lease.lost]);
      await sleep(here, here.self.random() ** 2 * LONGEST_COMPUTING_MS, both);
      const own = frame([{ run: runId }]);
      const { now: _, sleep: __, ...plain } = publication({ a: own, b: own }, { runId, attempt });
      const facts = { conditions, fence: lease?.fence, base: { number: before } };
      const version = await publish(store, { ...plain, ...facts, keepVersions: 100, signal: both });
      judge.tell(runId, "published", version);
      return end({ status: "completed", version });
    } finally {
      await lease?.release();
    }
  } catch (thrown) {
    if (!(thrown instanceof HexError)) throw thrown;
    const { code, message } = thrown;
    // As in `run-plan.ts`: a publication that was on its way tells itself what became of it.
    const isOwnFailure = thrown !== signal.reason && code !== "HEX_CANCELLED";
    const status = signal.aborted && !isOwnFailure ? "cancelled" : "failed";
    return end({ status, version: null, error: { code, message } });
  }
}

function crashed(reason: CrashReason): ProcessEnding {
  const facts = { exitCode: null, signal: null, peakMemoryBytes: 0, memoryLimitBytes: 1 };
  return { status: "crashed", cause: { reason, ...facts, message: null }, survivors: [] };
}
