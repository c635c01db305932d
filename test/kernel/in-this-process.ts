import { HexError } from "../../src/errors.ts";
import type { ProcessTask, TaskEnding } from "../../src/run/process/messages.ts";
import type { ProcessEnding } from "../../src/run/process/process-ending.ts";
import type { ProcessHooks, RunProcess } from "../../src/run/process/run-process.ts";
import type { Parent, TaskFunction } from "../../src/run/process/serve-task.ts";

/**
 * A run process that is none: its task goes in this one, and all that is said crosses as plain JSON,
 * in turns of its own. Killed, it is heard of no more, whatever its cells still do.
 */
export function startInThisProcess(serve: TaskFunction): RunProcess {
  return new InThisProcess(serve);
}

class InThisProcess implements RunProcess {
  readonly pid = process.pid;
  readonly ready = Promise.resolve();
  readonly #serve: TaskFunction;
  readonly #stopping = new AbortController();
  readonly #listeners = new Map<string, ((payload: unknown) => void)[]>();
  #isOver = false;
  #end: (ending: ProcessEnding) => void = () => undefined;

  constructor(serve: TaskFunction) {
    this.#serve = serve;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  run(task: ProcessTask, hooks: ProcessHooks): Promise<ProcessEnding> {
    const ended = new Promise<ProcessEnding>((resolve) => {
      this.#end = resolve;
    });
    hooks.signal?.addEventListener("abort", () => void this.kill());
    this.#serve(toPlain(task), this.#toParent(hooks)).then(
      (value) => this.#finish({ status: "done", value }),
      (thrown: unknown) => {
        if (!(thrown instanceof HexError)) throw thrown;
        this.#finish({ status: "failed", code: thrown.code, message: thrown.message });
      },
    );
    return ended;
  }

  async count(): Promise<number> {
    return 1;
  }

  note(name: string, payload: unknown): void {
    const told = toPlain(payload);
    setImmediate(() => {
      if (this.#isOver) return;
      for (const listener of this.#listeners.get(name) ?? []) listener(told);
    });
  }

  async kill(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopping.abort(new HexError("HEX_CANCELLED", "the process was killed"));
    const none = { exitCode: null, signal: "SIGKILL", peakMemoryBytes: 0, memoryLimitBytes: 0 };
    const cause = { reason: "signal", message: null, ...none } as const;
    this.#end({ status: "crashed", cause, survivors: [] } as unknown as ProcessEnding);
  }

  #finish(ending: TaskEnding): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end({ ...ending, stop: null, peakMemoryBytes: 0, survivors: [] });
  }

  #toParent(hooks: ProcessHooks): Parent {
    return {
      signal: this.#stopping.signal,
      emit: (event) => {
        if (!this.#isOver) hooks.onEvent?.(event);
      },
      call: async (name, payload) => {
        const told = toPlain(payload);
        await new Promise((resolve) => setImmediate(resolve));
        // Nobody hears a process that is gone.
        if (this.#isOver) return new Promise(() => undefined);
        return hooks.onCall?.(name, told);
      },
      note: (name, payload) => {
        const told = toPlain(payload);
        setImmediate(() => {
          if (!this.#isOver) hooks.onNote?.(name, told);
        });
      },
      onNote: (name, listener) => {
        this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
      },
    };
  }
}

function toPlain<Data>(data: Data): Data {
  return data === undefined ? data : JSON.parse(JSON.stringify(data));
}
