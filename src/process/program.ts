import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Duplex, Readable } from "node:stream";
import { handSessionPriorityOn } from "./priority.ts";
import { ProcessTree } from "./process-tree.ts";

/** The variable that all members of a program's tree carry, beside the mark of the run they belong to. */
const MARK_NAME = "HEX_PROGRAM_MARK";

/** Start options of a program. */
export interface ProgramSpec {
  /** the program, then its arguments; no shell reads them */
  readonly command: readonly [string, ...string[]];
  /** where it runs */
  readonly directory: string;
  /** the whole environment: nothing else is handed on, but a mark of ours */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** how many pipes it has besides, from descriptor 3 on, to be read and written by both sides */
  readonly pipes?: number;
  /** whether it is a program of Node that exchanges messages with us, by descriptor 3 */
  readonly hasChannel?: boolean;
  /** the variable that marks its tree, beside those of the trees around it */
  readonly markName?: string;
}

/** How a program came to its end. */
export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** why it could not be started, with its code such as ENOENT */
  readonly refusal?: NodeJS.ErrnoException;
  /** how many processes it left running, which were killed; not counted for one with a channel */
  readonly leftovers: number;
  /** ids of those that the system would not let die in time */
  readonly survivors: readonly number[];
}

type Exit = Pick<ProgramEnd, "exitCode" | "signal" | "refusal">;

/**
 * A program in a process group of its own, from its start until nothing of what it has started is left.
 * Its standard input is empty.
 */
export class Program {
  /** Resolves when its tree is gone; never rejects. What it wrote may still have to be read. */
  readonly ended: Promise<ProgramEnd>;
  /** undefined when it could not be started */
  readonly child: ChildProcess | undefined;
  readonly tree: ProcessTree | undefined;
  #killed: Promise<readonly number[]> | undefined;
  #giveUp: (exit: Exit) => void = () => undefined;

  constructor(spec: ProgramSpec) {
    const markName = spec.markName ?? MARK_NAME;
    const mark = randomUUID();
    const child = trySpawn(spec, { [markName]: mark });
    if (child instanceof Error) {
      this.ended = Promise.resolve(toEnd({ exitCode: null, signal: null, refusal: child }));
      return;
    }
    this.child = child;
    if (child.pid !== undefined) {
      this.tree = new ProcessTree(child.pid, `${markName}=${mark}`);
      handSessionPriorityOn(child.pid);
    }
    this.ended = this.#end(child, spec.hasChannel !== true);
  }

  /** undefined when it could not be started */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Its standard output; undefined when it could not be started. */
  get stdout(): Readable | undefined {
    return this.child?.stdout ?? undefined;
  }

  get stderr(): Readable | undefined {
    return this.child?.stderr ?? undefined;
  }

  /** Our end of a pipe, by the number that its descriptor has in the program. */
  pipe(descriptor: number): Duplex | undefined {
    return (this.child?.stdio[descriptor] as Duplex | null | undefined) ?? undefined;
  }

  /** Sends the program itself a signal; once it is gone, nothing happens. */
  send(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Kills the whole tree at once; gives the members that the system would not let die in time. */
  kill(): Promise<readonly number[]> {
    this.#killed ??= this.#kill();
    return this.#killed;
  }

  async #kill(): Promise<readonly number[]> {
    const survivors = (await this.tree?.kill()) ?? [];
    if (survivors.some((pid) => pid === this.pid)) {
      this.#giveUp({ exitCode: null, signal: "SIGKILL" });
    }
    return survivors;
  }

  async #end(child: ChildProcess, isCounted: boolean): Promise<ProgramEnd> {
    const exit = await new Promise<Exit>((resolve) => {
      this.#giveUp = resolve;
      child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
      child.on("error", (refusal) => {
        if (child.pid === undefined) resolve({ exitCode: null, signal: null, refusal });
      });
    });
    const isOwnEnd = this.#killed === undefined;
    const leftovers = isCounted && isOwnEnd ? await this.#countMembers() : 0;
    return { ...toEnd(exit), leftovers, survivors: await this.kill() };
  }

  async #countMembers(): Promise<number> {
    return (await this.tree?.count().catch(() => 0)) ?? 0;
  }
}

function toEnd(exit: Exit): ProgramEnd {
  return { ...exit, leftovers: 0, survivors: [] };
}

function trySpawn(
  { command: [file, ...args], directory, environment, pipes = 0, hasChannel = false }: ProgramSpec,
  mark: Readonly<Record<string, string>>,
): ChildProcess | NodeJS.ErrnoException {
  try {
    return spawn(file, args, {
      cwd: directory,
      env: { ...environment, ...mark },
      detached: true,
      stdio: [
        "ignore",
        "pipe",
        "pipe",
        ...(hasChannel ? (["ipc"] as const) : []),
        ...Array<"pipe">(pipes).fill("pipe"),
      ],
    });
  } catch (thrown) {
    if (thrown instanceof Error) return thrown;
    throw thrown;
  }
}
