import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expectation } from "../../errors.ts";
import type { AnyFrame } from "../../frame/frame.ts";
import { Program, type ProgramEnd } from "../../process/program.ts";
import { CommandFailures } from "./command-failures.ts";
import { CommandLines } from "./command-lines.ts";
import type { FromCommandOptions } from "./command-options.ts";
import { readOutput } from "./read-output.ts";

/** How long a program that was asked to end may go on: a run has three seconds for all of its cells. */
const GRACE_MS = 1_000;

/** What in a command stands for the path of the file to write. */
const PLACEHOLDER = "{output}";

/** As `fromCommand`, whose doc comment says what it does. */
export async function runCommand(
  command: readonly string[],
  options: FromCommandOptions,
): Promise<AnyFrame> {
  options.context.signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), "hex-command-"));
  try {
    return await new CommandRun(command, options, folder).frame();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A program on its way from its start to the frame that it writes. */
class CommandRun {
  readonly #command: readonly [string, ...string[]];
  readonly #options: FromCommandOptions;
  readonly #path: string;
  /** whether the program writes the file itself, not we what it prints */
  readonly #isOwnFile: boolean;
  readonly #lines: CommandLines;
  readonly #failures: CommandFailures;

  constructor(command: readonly string[], options: FromCommandOptions, folder: string) {
    const temporary = join(folder, `output.${options.format}`);
    const hasPlace = command.some((each) => each.includes(PLACEHOLDER));
    const [file, ...args] = command.map((each) => each.replaceAll(PLACEHOLDER, temporary));
    if (file === undefined || file === "") throw commandError(command);
    if (hasPlace && options.output !== undefined) throw twoPlacesError(options.output);
    this.#command = [file, ...args];
    this.#options = options;
    this.#path = options.output === undefined ? temporary : resolve(options.output);
    this.#isOwnFile = hasPlace || options.output !== undefined;
    this.#lines = new CommandLines(options.context, options.progress);
    this.#failures = new CommandFailures({
      command: command.join(" "),
      program: file,
      output: this.#isOwnFile ? (options.output ?? PLACEHOLDER) : "standard output",
      lastLine: () => this.#lines.last,
    });
  }

  async frame(): Promise<AnyFrame> {
    const { signal, log } = this.#options.context;
    if (this.#isOwnFile) await rm(this.#path, { force: true });
    const end = await this.#runToEnd();
    signal.throwIfAborted();
    if (end.leftovers > 0) {
      const count = end.leftovers === 1 ? "a process" : `${end.leftovers} processes`;
      log(`${this.#command[0]} left ${count} running, and so they were ended`);
    }
    this.#failures.checkEnd(end);
    await this.#checkWritten();
    try {
      return await readOutput(this.#path, this.#failures.outputName, this.#options);
    } catch (error) {
      throw this.#failures.toReadFailure(error);
    }
  }

  async #runToEnd(): Promise<ProgramEnd> {
    const { context, environment } = this.#options;
    const program = new Program({
      command: this.#command,
      directory: process.cwd(),
      environment: { ...process.env, ...environment },
    });
    const stopping = new Stopping(program, context.signal);
    try {
      const written = this.#take(program.stdout);
      // It is told when the program has ended, which it does as soon as nobody takes what it writes.
      written.catch(() => program.kill());
      const told = this.#lines.read(program.stderr);
      const end = await program.ended;
      // Somebody that the system would not let die may hold the pipes open.
      if (end.survivors.length === 0) await Promise.all([written, told]);
      return end;
    } finally {
      stopping.over();
      this.#lines.close();
    }
  }

  async #take(stdout: Readable | undefined): Promise<void> {
    if (stdout === undefined) return;
    if (this.#isOwnFile) return this.#lines.read(stdout);
    await pipeline(stdout, createWriteStream(this.#path));
  }

  async #checkWritten(): Promise<void> {
    const { size } = await stat(this.#path).catch(() => ({ size: undefined }));
    if (size === undefined || size === 0) throw this.#failures.toNothingWritten(size);
  }
}

/** Asks a program to end when the signal comes, and kills its tree when it does not. */
class Stopping {
  readonly #program: Program;
  readonly #signal: AbortSignal;
  #timer: NodeJS.Timeout | undefined;

  constructor(program: Program, signal: AbortSignal) {
    this.#program = program;
    this.#signal = signal;
    signal.addEventListener("abort", this.#stop);
    if (signal.aborted) this.#stop();
  }

  over(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#stop);
  }

  readonly #stop = (): void => {
    this.#program.send("SIGTERM");
    this.#timer = setTimeout(() => void this.#program.kill(), GRACE_MS);
  };
}

function commandError(command: readonly string[]) {
  return expectation("HEX_CELL_FAILED", {
    place: "the command of fromCommand",
    expected: "a program and its arguments, one text each",
    got: command.length === 0 ? "an empty list" : "an empty text as the program",
    hint: 'such as ["Rscript", "heavy.R"]',
  });
}

function twoPlacesError(output: string) {
  return expectation("HEX_CELL_FAILED", {
    place: "the table of fromCommand",
    expected: "in one file",
    got: `${PLACEHOLDER} in the command and output: ${JSON.stringify(output)} as well`,
    hint: "leave out the one that the program does not write",
  });
}
