import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import type { CellContext } from "../cell/cell.ts";
import { settlesWithin } from "../process/line-reader.ts";
import { Program, type ProgramEnd } from "../process/program.ts";
import { formatCount } from "../text.ts";
import type { Interpreter } from "./interpreter.ts";
import { type FromPython, type PythonAnswer, parseMessage } from "./messages.ts";
import { PythonOutput } from "./python-output.ts";

/** How long a cell may go on that was asked to stop: a run has three seconds for all of its cells. */
const GRACE_MS = 1_500;
/** How long Python may take to end after its last word, for which its threads and children keep it. */
const EXIT_LIMIT_MS = 1_000;

const TASK = 3;
const EVENTS = 4;

export interface PythonProcessSpec {
  readonly interpreter: Interpreter;
  /** where it runs */
  readonly directory: string;
  /** the cell's file, as the log names it */
  readonly file: string;
  /** plain JSON; see `process.py` */
  readonly task: object;
  readonly context: Pick<CellContext, "signal" | "log" | "progress">;
}

/** How a cell's Python came to its end, by which time nothing of its tree is left. */
export interface PythonEnd {
  /** its last word; undefined when it ended without one */
  readonly answer: PythonAnswer | undefined;
  /** whether it was Python at all, and new enough */
  readonly hasStarted: boolean;
  /** set when it is Python, and too old */
  readonly oldVersion: string | undefined;
  readonly end: ProgramEnd;
  /** the last line that it printed */
  readonly lastLine: string | undefined;
}

/**
 * Has Python carry out one task, in a tree of processes of its own.
 * @throws the signal's reason, once the tree is gone
 */
export function runPythonProcess(spec: PythonProcessSpec): Promise<PythonEnd> {
  return new PythonProcess(spec).run();
}

class PythonProcess {
  readonly #spec: PythonProcessSpec;
  readonly #program: Program;
  readonly #timers = new Set<NodeJS.Timeout>();
  #answer: PythonAnswer | undefined;
  #hasStarted = false;
  #oldVersion: string | undefined;
  #isKept = false;

  constructor(spec: PythonProcessSpec) {
    this.#spec = spec;
    const folder = findPythonFolder();
    const program = join(folder, "hex_runtime", "runner", "__main__.py");
    const { PYTHONPATH: path } = process.env;
    this.#program = new Program({
      command: [spec.interpreter.command, "-u", "-X", "faulthandler", program],
      directory: spec.directory,
      environment: { ...process.env, PYTHONPATH: path ? `${folder}${delimiter}${path}` : folder },
      pipes: 2,
    });
  }

  async run(): Promise<PythonEnd> {
    const { signal, log } = this.#spec.context;
    const { stdout, stderr } = this.#program;
    const output = new PythonOutput([stdout, stderr], log);
    const heard = this.#hear(this.#program.pipe(EVENTS));
    this.#say(this.#spec.task);
    const stop = () => this.#askToStop();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const end = await this.#program.ended;
    signal.removeEventListener("abort", stop);
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([output.close(), settlesWithin(heard)]);
    this.#program.pipe(EVENTS)?.destroy();
    this.#program.pipe(TASK)?.destroy();
    signal.throwIfAborted();
    this.#tellLeftovers(end);
    const lastLine = output.last;
    const [answer, hasStarted, oldVersion] = [this.#answer, this.#hasStarted, this.#oldVersion];
    return { answer, hasStarted, oldVersion, end, lastLine };
  }

  #say(message: object): void {
    const pipe = this.#program.pipe(TASK);
    // It may end before it has heard all; how it ended is told then.
    pipe?.on("error", () => undefined);
    pipe?.write(`${JSON.stringify(message)}\n`);
  }

  async #hear(pipe: Duplex | undefined): Promise<void> {
    if (pipe === undefined) return;
    let rest = "";
    pipe.setEncoding("utf8");
    pipe.on("error", () => undefined);
    pipe.on("data", (block: string) => {
      const lines = block.split("\n");
      lines[0] = rest + (lines[0] ?? "");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(parseMessage(line));
    });
    await new Promise((resolve) => pipe.once("close", resolve));
  }

  #take(message: FromPython | undefined): void {
    const { log, progress } = this.#spec.context;
    switch (message?.type) {
      case "started":
        this.#hasStarted = true;
        break;
      case "too-old":
        this.#oldVersion = message.version;
        break;
      case "log":
        log(message.line);
        break;
      case "progress":
        progress(message.fraction, message.message);
        break;
      case "result":
      case "failed":
        this.#answer = message;
        this.#after(EXIT_LIMIT_MS, () => {
          this.#isKept = true;
        });
        break;
      case undefined:
        break;
    }
  }

  #askToStop(): void {
    this.#say({ type: "cancel" });
    // One that has not begun has nothing to bring to an end.
    this.#after(this.#hasStarted ? GRACE_MS : 0, () => undefined);
  }

  /** Kills the tree after a while, unless it has ended by then. */
  #after(ms: number, note: () => void): void {
    const kill = () => {
      note();
      void this.#program.kill();
    };
    this.#timers.add(setTimeout(kill, ms));
  }

  #tellLeftovers({ leftovers }: ProgramEnd): void {
    const { file, context } = this.#spec;
    if (this.#isKept) {
      context.log(`${file}: threads or processes that it left running were ended with it`);
    } else if (leftovers > 0) {
      const count = formatCount(leftovers, "process", "processes");
      context.log(
        `${file}: ${count} that it left running ${leftovers === 1 ? "was" : "were"} ended`,
      );
    }
  }
}

let pythonFolder: string | undefined;

/** The folder of this package that holds the module `hex_runtime`. */
function findPythonFolder(): string {
  pythonFolder ??= lookUpwards(import.meta.dirname);
  return pythonFolder;
}

function lookUpwards(folder: string): string {
  const found = join(folder, "python");
  if (existsSync(join(found, "hex_runtime", "runner", "__main__.py"))) return found;
  if (dirname(folder) !== folder) return lookUpwards(dirname(folder));
  throw new Error("Expected the package to have its folder python/hex_runtime, got none");
}
