import { HexError, toMessage } from "../errors.ts";
import { type ProcessEnding, toFailure } from "../run/process/process-ending.ts";
import type { RunProcess } from "../run/process/run-process.ts";
import type { RedactLine } from "../run/redact/redactor.ts";
import type { RunEvent } from "../run/run-event.ts";
import {
  KERNEL_CALLS,
  KERNEL_NOTES,
  type KernelAnswer,
  type KernelReply,
  type KernelRequest,
  type KernelTask,
  type NotebookReport,
  type NumberedRequest,
  type RequestProgress,
} from "./request.ts";

/** What whoever holds a process is told of it. */
export interface KernelHooks {
  /** it takes orders from now on */
  readonly onReady?: () => void;
  /** it is gone, with all that it started */
  readonly onOver: (why: HexError) => void;
  /** a line that cells, or what they start, have printed */
  readonly onLine: (line: string) => void;
  /** what cells tell while they go */
  readonly onEvent: (event: RunEvent) => void;
  readonly onReport?: (report: NotebookReport) => void;
  /** answers what a run asks of its parent */
  readonly onCall?: (name: string, payload: unknown) => Promise<unknown>;
  /** takes secrets out of what is told of its death */
  readonly redact: (text: string) => string;
  /** takes secrets out of such lines before they are cut */
  readonly redactLine: RedactLine;
}

interface Going {
  readonly resolve: (answer: KernelAnswer) => void;
  readonly reject: (error: HexError) => void;
  standing?: RequestProgress;
}

/** An order that a process was given. */
export interface GivenOrder {
  /** by which it is dropped, and its standing found */
  readonly id: number;
  /** what it came to; rejects with the failure, or why the process is gone */
  readonly answer: Promise<KernelAnswer>;
}

/**
 * A process in which a project's cells run, from its start to its end: `starting` → `ready`, and from
 * both → `ending` → `over`. Several orders may be on their way in it, each under its number.
 */
export class KernelProcess {
  readonly #child: RunProcess;
  readonly #hooks: KernelHooks;
  readonly #going = new Map<number, Going>();
  readonly #ended: Promise<void>;
  /** handed over as soon as it is ready */
  #waiting: NumberedRequest[] = [];
  #state: "starting" | "ready" | "ending" | "over" = "starting";
  #lastId = 0;
  #why: HexError | undefined;

  constructor(child: RunProcess, task: KernelTask, hooks: KernelHooks) {
    this.#child = child;
    this.#hooks = hooks;
    this.#ended = this.#serve(task);
  }

  get state(): "starting" | "ready" | "ending" | "over" {
    return this.#state;
  }

  /** Hands it an order, as soon as it takes some. */
  order(order: KernelRequest): GivenOrder {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<KernelAnswer>((resolve, reject) => {
      this.#going.set(id, { resolve, reject });
    });
    if (this.#state === "starting") this.#waiting.push({ id, order });
    else this.#child.note(KERNEL_NOTES.order, { id, order } satisfies NumberedRequest);
    return { id, answer };
  }

  /** Tells it that nobody waits for an answer any more; it goes on until it has noticed. */
  drop(id: number): void {
    const going = this.#going.get(id);
    if (this.#waiting.some((each) => each.id === id)) {
      this.#waiting = this.#waiting.filter((each) => each.id !== id);
      this.#going.delete(id);
      going?.reject(new HexError("HEX_CANCELLED", "nobody waits for the answer any more"));
    } else if (going !== undefined) this.#child.note(KERNEL_NOTES.drop, id);
  }

  /** How far an order is; undefined until a cell's code was called for it. */
  standingOf(id: number): RequestProgress | undefined {
    return this.#going.get(id)?.standing;
  }

  /** Tells what the parent of a run has to say. */
  note(name: string, payload: unknown): void {
    this.#child.note(name, payload);
  }

  /** Kills it with all that it started; whoever waits for it is told why. */
  async kill(why: HexError): Promise<void> {
    this.#why ??= why;
    // Nothing is heard of it from now on, although it takes a while to die.
    if (this.#state !== "over") this.#state = "ending";
    await this.#child.kill();
    await this.#ended;
  }

  async #serve(task: KernelTask): Promise<void> {
    const { code, message } = await this.#run(task).then(toWhy, toHookFailure);
    const why = this.#why ?? new HexError(code, this.#hooks.redact(message));
    this.#state = "over";
    this.#hooks.onOver(why);
    for (const going of this.#going.values()) going.reject(why);
    this.#going.clear();
  }

  #run(task: KernelTask): Promise<ProcessEnding> {
    return this.#child.run(task, {
      onEvent: (event) => this.#unlessEnding(() => this.#hooks.onEvent(event)),
      onLine: (_, line) => this.#unlessEnding(() => this.#hooks.onLine(line)),
      redactLine: this.#hooks.redactLine,
      onCall: (name, payload) => this.#answer(name, payload),
    });
  }

  async #answer(name: string, payload: unknown): Promise<unknown> {
    if (this.#state === "ending") throw new HexError("HEX_CANCELLED", "the process is ended");
    switch (name) {
      case KERNEL_CALLS.standing:
        this.#note(payload as RequestProgress);
        return null;
      case KERNEL_CALLS.ready:
        this.#begin();
        return null;
      case KERNEL_CALLS.reply:
        this.#settle(payload as KernelReply);
        return null;
      case KERNEL_CALLS.report:
        this.#hooks.onReport?.(payload as NotebookReport);
        return null;
    }
    if (this.#hooks.onCall !== undefined) return this.#hooks.onCall(name, payload);
    throw new HexError("HEX_JOB_INVALID", `Expected a call that its parent knows, got ${name}`);
  }

  #begin(): void {
    this.#state = "ready";
    for (const each of this.#waiting.splice(0)) this.#child.note(KERNEL_NOTES.order, each);
    this.#hooks.onReady?.();
  }

  #note(standing: RequestProgress): void {
    // A cell of an order that was dropped may still go on.
    const going = this.#going.get(standing.id);
    if (going !== undefined) going.standing = standing;
  }

  #settle(reply: KernelReply): void {
    const going = this.#going.get(reply.id);
    this.#going.delete(reply.id);
    if (reply.ok) going?.resolve(reply);
    else going?.reject(new HexError(reply.code, reply.message));
  }

  #unlessEnding(tell: () => void): void {
    if (this.#state !== "ending") tell();
  }
}

/** A hook of ours that failed ends this process only, not the one that answers everybody. */
function toHookFailure(thrown: unknown): HexError {
  return new HexError("HEX_RUN_CRASHED", toMessage(thrown), { cause: thrown });
}

function toWhy(ending: ProcessEnding): HexError {
  if (ending.status !== "done") return toFailure(ending);
  return new HexError("HEX_RUN_CRASHED", "Expected the process to go on, got its end");
}
