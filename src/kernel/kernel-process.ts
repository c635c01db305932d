import { HexError, toMessage } from "../errors.ts";
import { type ProcessEnding, toTaskError } from "../run/process/process-ending.ts";
import type { RedactLine } from "../run/redact/redactor.ts";
import type { RunEvent } from "../run/run-event.ts";
import {
  KERNEL_NOTES,
  type KernelAnswer,
  type KernelReply,
  type KernelRequest,
  type KernelTask,
  type NotebookReport,
  type NumberedRequest,
  PendingRequest,
  type RequestProgress,
  TimedOutCells,
  timeoutError,
} from "./request.ts";
import type { KernelHost } from "./viewer-threads.ts";

/** The end of a process, with all that it started. */
export interface KernelEnd {
  readonly why: HexError;
  /** the requests that it has not answered */
  readonly left: readonly PendingRequest[];
  /** those of them that it ended for */
  readonly guilty: ReadonlySet<PendingRequest>;
  /** whom the end of a process is put down to that it shared with others; `KernelHost` has it */
  readonly blame: KernelHost["blame"];
}

export interface KernelHooks {
  /** requests are carried out from now on */
  readonly onReady?: () => void;
  /** a request is answered */
  readonly onSettled?: (pending: PendingRequest, reply: KernelReply) => void;
  /** takes over the requests that are left */
  readonly onOver: (end: KernelEnd) => void;
  /** a line that cells, or programs that they start, have printed */
  readonly onLine: (line: string) => void;
  readonly onEvent: (event: RunEvent) => void;
  /** a cell needs a process of its own */
  readonly onLack?: (what: string) => void;
  readonly onReport?: (report: NotebookReport) => void;
  /** answers calls of a run to its parent; undefined to a call that it does not know */
  readonly onCall?: (name: string, payload: unknown) => Promise<unknown> | undefined;
  /** takes secrets out of the reason of its death */
  readonly redact: (text: string) => string;
  /** takes secrets out of printed lines before they are cut */
  readonly redactLine: RedactLine;
}

/** How long a process may take before it is killed; milliseconds. */
export interface KernelLimits {
  readonly startMs: number;
  /** without any request */
  readonly idleMs: number;
  /** for one request */
  readonly deadlineMs: number;
}

const NO_LIMITS: KernelLimits = {
  startMs: Number.POSITIVE_INFINITY,
  idleMs: Number.POSITIVE_INFINITY,
  deadlineMs: Number.POSITIVE_INFINITY,
};

/**
 * A process in which a project's cells run, from its start to its end: `starting` → `ready`, and from
 * both → `ending` → `over`. Several requests may be on their way in it, each under its number.
 */
export class KernelProcess {
  readonly #child: KernelHost;
  readonly #hooks: KernelHooks;
  readonly #limits: KernelLimits;
  readonly #pending = new Map<number, PendingRequest>();
  readonly #ended: Promise<void>;
  #state: "starting" | "ready" | "ending" | "over" = "starting";
  #wasReady = false;
  #lastId = 0;
  #why: HexError | undefined;
  #guilty: ReadonlySet<PendingRequest> | undefined;
  /** kills it when it takes too long to start, or has been idle for too long */
  #timer: NodeJS.Timeout | undefined;

  constructor(child: KernelHost, task: KernelTask, hooks: KernelHooks, limits = NO_LIMITS) {
    this.#child = child;
    this.#hooks = hooks;
    this.#limits = limits;
    this.#ended = this.#serve(task);
    this.#arm(limits.startMs, () => timeoutError(limits.startMs));
  }

  get isStarting(): boolean {
    return this.#state === "starting";
  }

  get isReady(): boolean {
    return this.#state === "ready";
  }

  /** Whether it has ever been ready. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** How many requests it has not answered. */
  get size(): number {
    return this.#pending.size;
  }

  /** Since when cells may run in it; undefined while none can. */
  get busySinceMs(): number | undefined {
    const since = [...this.#pending.values()].flatMap(({ request, sentMs }) =>
      request.kind === "rows" || request.kind === "csv" ? [] : sentMs,
    );
    return since.length === 0 ? undefined : Math.min(...since);
  }

  /** Hands it a request, as soon as it is ready. */
  send(pending: PendingRequest): void {
    clearTimeout(this.#timer);
    this.#lastId += 1;
    pending.id = this.#lastId;
    pending.cancel = () => this.#cancel(pending);
    pending.sentMs = performance.now();
    // A report that has arrived meanwhile is read first, also after this process was held up.
    const onDeadline = () => setImmediate(() => this.#onLate(pending));
    pending.deadline = startTimer(this.#limits.deadlineMs, onDeadline);
    this.#pending.set(pending.id, pending);
    if (this.#state !== "starting") this.#hand(pending);
  }

  /** Sends a request of which nobody else knows; gives its answer. */
  ask(request: KernelRequest): Promise<KernelAnswer> {
    const pending = new PendingRequest(request);
    this.send(pending);
    return pending.answer;
  }

  /** Sends a note to the run that goes on in it. */
  note(name: string, payload: unknown): void {
    this.#child.note(name, payload);
  }

  /**
   * Kills it with everything that it started.
   * @param guilty the requests for which that is done; found unless told
   */
  async kill(why: HexError, guilty?: ReadonlySet<PendingRequest>): Promise<void> {
    clearTimeout(this.#timer);
    this.#why ??= why;
    this.#guilty ??= guilty;
    // Nothing that it still sends is taken, although it takes a while to die.
    if (this.#state !== "over") this.#state = "ending";
    await this.#child.kill();
    await this.#ended;
  }

  /** A request that has begun goes on until it has noticed. */
  #cancel(pending: PendingRequest): void {
    if (this.#pending.get(pending.id) !== pending) return;
    if (this.#state === "starting") {
      this.#forget(pending);
      pending.reject(new HexError("HEX_CANCELLED", "nobody waits for the answer any more"));
    } else this.#child.note(KERNEL_NOTES.cancel, pending.id);
  }

  async #serve(task: KernelTask): Promise<void> {
    const { code, message } = await this.#run(task).then(toWhy, toHookFailure);
    const why = this.#why ?? new HexError(code, this.#hooks.redact(message));
    this.#state = "over";
    clearTimeout(this.#timer);
    const left = [...this.#pending.values()];
    this.#pending.clear();
    for (const { deadline } of left) clearTimeout(deadline);
    const guilty = this.#guilty ?? new Set(this.#findGuilty(left));
    this.#hooks.onOver({ why, left, guilty, blame: this.#child.blame });
  }

  /** Those of its requests to which its end is put down, where nobody has told which. */
  #findGuilty(left: readonly PendingRequest[]): readonly PendingRequest[] {
    const { blame = "own" } = this.#child;
    if (blame !== "own") return [];
    const computing = left.filter(({ isComputing }) => isComputing);
    // A request that runs no cell ends no process by itself, unless there are no others.
    return computing.length === 0 ? left : computing;
  }

  #run(task: KernelTask): Promise<ProcessEnding> {
    return this.#child.run(task, {
      onEvent: (event) => this.#unlessEnding(() => this.#hooks.onEvent(event)),
      onLine: (_, line) => this.#unlessEnding(() => this.#hooks.onLine(line)),
      redactLine: this.#hooks.redactLine,
      onNote: (name, payload) => this.#hear(name, payload),
      onCall: (name, payload) => this.#answer(name, payload),
    });
  }

  #hear(name: string, payload: unknown): void {
    // What had begun is known, also of one that is being ended.
    if (this.#state === "ending" && name !== KERNEL_NOTES.progress) return;
    switch (name) {
      case KERNEL_NOTES.progress:
        this.#onProgress(payload as RequestProgress);
        break;
      case KERNEL_NOTES.ready:
        this.#onReady();
        break;
      case KERNEL_NOTES.reply:
        this.#onReply(payload as KernelReply);
        break;
      case KERNEL_NOTES.lack:
        this.#hooks.onLack?.(payload as string);
        break;
      case KERNEL_NOTES.report:
        this.#hooks.onReport?.(payload as NotebookReport);
    }
  }

  async #answer(name: string, payload: unknown): Promise<unknown> {
    if (this.#state === "ending") throw new HexError("HEX_CANCELLED", "the process is ended");
    const answer = this.#hooks.onCall?.(name, payload);
    if (answer !== undefined) return answer;
    throw new HexError("HEX_JOB_INVALID", `Expected a call that its parent knows, got ${name}`);
  }

  #onReady(): void {
    this.#state = "ready";
    this.#wasReady = true;
    for (const pending of this.#pending.values()) this.#hand(pending);
    this.#rest();
    this.#hooks.onReady?.();
  }

  #onProgress(progress: RequestProgress): void {
    // A cell of a request that is answered already may still go on.
    const pending = this.#pending.get(progress.id);
    if (pending !== undefined) pending.progress = progress;
  }

  #onReply(reply: KernelReply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    this.#forget(pending);
    if (reply.ok) pending.resolve(reply);
    else pending.reject(new HexError(reply.code, reply.message));
    this.#hooks.onSettled?.(pending, reply);
  }

  /** A request has no answer in time: guilty are the cells whose code runs, of any request. */
  #onLate(pending: PendingRequest): void {
    if (this.#pending.get(pending.id) !== pending || !this.isReady) return;
    const all = [...this.#pending.values()];
    const computing = pending.isComputing ? [pending] : all.filter((each) => each.isComputing);
    const guilty = new Set(computing.length === 0 ? [pending] : computing);
    const [{ progress } = pending] = computing;
    const { deadlineMs } = this.#limits;
    const isKnown = progress !== undefined && progress.computing.length > 0;
    const why = isKnown ? new TimedOutCells(progress, deadlineMs) : timeoutError(deadlineMs);
    void this.kill(why, guilty);
  }

  #hand({ id, request }: PendingRequest): void {
    this.#child.note(KERNEL_NOTES.request, { id, request } satisfies NumberedRequest);
  }

  #forget(pending: PendingRequest): void {
    clearTimeout(pending.deadline);
    this.#pending.delete(pending.id);
    this.#rest();
  }

  #rest(): void {
    if (this.#pending.size > 0 || !this.isReady) return;
    this.#arm(
      this.#limits.idleMs,
      () => new HexError("HEX_CANCELLED", "nobody has asked for long"),
    );
  }

  #arm(ms: number, toReason: () => HexError): void {
    clearTimeout(this.#timer);
    const timer = startTimer(ms, () => {
      setImmediate(() => {
        if (this.#timer === timer && this.#pending.size === 0) void this.kill(toReason());
      });
    });
    this.#timer = timer;
  }

  #unlessEnding(act: () => void): void {
    if (this.#state !== "ending") act();
  }
}

/** A server that ends does not wait for such a timer. */
function startTimer(ms: number, act: () => void): NodeJS.Timeout | undefined {
  return ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(act, ms).unref();
}

/** A hook of ours that failed ends this process only, not the one that answers everybody. */
function toHookFailure(thrown: unknown): HexError {
  return new HexError("HEX_RUN_CRASHED", toMessage(thrown), { cause: thrown });
}

function toWhy(ending: ProcessEnding): HexError {
  if (ending.status !== "done") return toTaskError(ending);
  return new HexError("HEX_RUN_CRASHED", "Expected the process to go on, got its end");
}
