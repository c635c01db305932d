import { HexError, toMessage } from "../../errors.ts";
import { type ProcessEnding, toCrashError } from "../../run/process/process-ending.ts";
import type { RunProcess } from "../../run/process/run-process.ts";
import type { LightTask } from "../run-task.ts";
import {
  LIGHT_CALLS,
  LIGHT_NOTES,
  type LightOrder,
  type LightReply,
  type LightStanding,
  type NumberedOrder,
} from "./light-order.ts";

/** What whoever holds a process is told of it. */
export interface LightProcessHooks {
  /** it can take an order: the first one, or the next */
  readonly onFree: () => void;
  /** it is gone, with all that it started */
  readonly onOver: (why: HexError) => void;
  /** a line that a cell logged or printed */
  readonly onLine: (line: string) => void;
  /** takes secrets out of what is told of its death */
  readonly redact: (text: string) => string;
}

interface Going {
  readonly id: number;
  readonly startedMs: number;
  readonly resolve: (text: string) => void;
  readonly reject: (error: HexError) => void;
  standing?: LightStanding;
}

/**
 * A process that answers viewers, one order after the other: `starting` → `free` ⇄ `busy`, and from
 * each of them → `ending` → `over`.
 */
export class LightProcess {
  readonly #child: RunProcess;
  readonly #hooks: LightProcessHooks;
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;
  #state: "starting" | "free" | "ending" | "over" = "starting";
  #wasFree = false;
  #going: Going | undefined;
  #lastId = 0;
  #why: HexError | undefined;

  constructor(child: RunProcess, directory: string, hooks: LightProcessHooks) {
    this.#child = child;
    this.#hooks = hooks;
    this.#ended = this.#serve({ kind: "light", directory });
  }

  get state(): "starting" | "free" | "busy" | "ending" | "over" {
    return this.#state === "free" && this.#going !== undefined ? "busy" : this.#state;
  }

  /** Whether it could ever take an order. */
  get wasFree(): boolean {
    return this.#wasFree;
  }

  /** When it was given what it is busy with; undefined while it is not. */
  get busySinceMs(): number | undefined {
    return this.#going?.startedMs;
  }

  /** How far it is with what it is busy with; undefined until a cell's code was called. */
  get standing(): LightStanding | undefined {
    return this.#going?.standing;
  }

  /**
   * Gives it an order; it must be free. The answer is JSON.
   * @throws {HexError} the failure with which it answers, or why it is gone
   */
  order(order: LightOrder): { readonly id: number; readonly text: Promise<string> } {
    if (this.state !== "free")
      throw new Error(`A process must be free, got one that is ${this.state}`);
    this.#lastId += 1;
    const id = this.#lastId;
    const text = new Promise<string>((resolve, reject) => {
      this.#going = { id, startedMs: performance.now(), resolve, reject };
    });
    const note: NumberedOrder = { id, order };
    this.#child.note(LIGHT_NOTES.order, note);
    return { id, text };
  }

  /** Tells it that nobody waits for an answer any more; it is busy until it has noticed. */
  drop(id: number): void {
    if (this.#going?.id === id) this.#child.note(LIGHT_NOTES.drop, id);
  }

  /** Kills it with all that it started; whoever waits for it is told why. */
  async kill(why: HexError): Promise<void> {
    this.#why ??= why;
    // Nobody may give it anything from now on, although it takes a while to die.
    if (this.#state !== "over") this.#state = "ending";
    await this.#child.kill();
    await this.#ended;
  }

  async #serve(task: LightTask): Promise<void> {
    const { code, message } = await this.#run(task).then(toWhy, toHookFailure);
    const why = new HexError(code, this.#hooks.redact(message));
    this.#state = "over";
    this.#going?.reject(this.#why ?? why);
    this.#going = undefined;
    this.#hooks.onOver(this.#why ?? why);
  }

  #run(task: LightTask): Promise<ProcessEnding> {
    return this.#child.run(
      { kind: task.kind, payload: task },
      {
        signal: this.#closing.signal,
        onEvent: (event) => {
          if (event.type === "line-logged") this.#hooks.onLine(event.line);
        },
        onLine: (_, line) => this.#hooks.onLine(line),
        onCall: async (name, payload) => this.#hear(name, payload),
      },
    );
  }

  #hear(name: string, payload: unknown): void {
    if (this.#state === "ending") return;
    if (name === LIGHT_CALLS.standing) {
      this.#note(payload as LightStanding);
      return;
    }
    if (name === LIGHT_CALLS.ready) {
      this.#state = "free";
      this.#wasFree = true;
    } else if (name === LIGHT_CALLS.reply) this.#settle(payload as LightReply);
    else
      throw new HexError("HEX_JOB_INVALID", `Expected a call that its parent knows, got ${name}`);
    this.#hooks.onFree();
  }

  #note(standing: LightStanding): void {
    // A cell of an order that was dropped may still go on.
    if (this.#going?.id === standing.id) this.#going.standing = standing;
  }

  #settle(reply: LightReply): void {
    const going = this.#going;
    if (going?.id !== reply.id) return;
    this.#going = undefined;
    if (reply.ok) going.resolve(reply.text);
    else going.reject(new HexError(reply.code, reply.message));
  }
}

/** A hook of ours that failed ends this process only, not the one that answers everybody. */
function toHookFailure(thrown: unknown): HexError {
  return new HexError("HEX_RUN_CRASHED", toMessage(thrown), { cause: thrown });
}

function toWhy(ending: ProcessEnding): HexError {
  if (ending.status === "crashed") return toCrashError(ending.cause);
  const { ending: task } = ending;
  if (task.status === "failed") return new HexError(task.code, task.message);
  return new HexError("HEX_RUN_CRASHED", "Expected the process to go on, got its end");
}
