import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CellContext } from "../cell/cell.ts";
import { HexError } from "../errors.ts";
import { openArrow } from "../frame/arrow/arrow-file.ts";
import { arrowBlocks } from "../frame/arrow/arrow-write.ts";
import type { Frame } from "../frame/frame.ts";
import { withExchangeFolder } from "./exchange-folder.ts";
import { fromPythonValue, toPythonValue } from "./exchange-values.ts";
import { findInterpreter } from "./interpreter.ts";
import type { PythonResult } from "./messages.ts";
import { toEndFailure, toFailure } from "./python-failures.ts";
import { runPythonProcess } from "./python-process.ts";
import { inTurn } from "./python-turns.ts";

/** One computation of a Python cell. */
export interface PythonTask {
  /** the cell's file below the project's folder, as messages name it */
  readonly file: string;
  /** absolute; the working directory */
  readonly projectDirectory: string;
  /** absolute; first on `sys.path`, then the project's folder */
  readonly cellsDirectory: string;
  /** `python` of the config */
  readonly interpreter: string | undefined;
  /**
   * - `cached`: the function under `@cached`
   * - `items`: the function that its `over` names
   * - `part`: the function under `@cached`, for one item
   * - `script`: the file, and the variable with the cell's name
   */
  readonly form: "cached" | "items" | "part" | "script";
  /** of the cell */
  readonly name: string;
  /** for `part` */
  readonly item?: unknown;
  /** cells' values by the names that the code uses: frames or plain data */
  readonly values: Readonly<Record<string, unknown>>;
  /** the run's context; empty for a cell that does not look at it */
  readonly context: string;
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * Carries out a Python cell in a process of its own: a Frame for anything that holds a table, else a
 * plain JSON value. By the time it settles, nothing is left of what Python has started.
 * @throws {HexError} HEX_CELL_FAILED with the line of the cell's file
 * @throws the signal's reason
 */
export function runPython(task: PythonTask, context: CellContext): Promise<unknown> {
  context.signal.throwIfAborted();
  return inTurn(context.signal, () =>
    withExchangeFolder((folder) => new PythonRun(task, context, folder).run()),
  );
}

class PythonRun {
  readonly #task: PythonTask;
  readonly #context: CellContext;
  readonly #folder: string;
  /** by the frame, so that one that several names mean is written once */
  readonly #kept = new Map<Frame, string>();

  constructor(task: PythonTask, context: CellContext, folder: string) {
    this.#task = task;
    this.#context = context;
    this.#folder = folder;
  }

  async run(): Promise<unknown> {
    const { projectDirectory, file } = this.#task;
    const context = this.#context;
    const interpreter = await findInterpreter(this.#task, context);
    const task = await this.#toTask();
    const ended = await runPythonProcess({
      ...{ interpreter, directory: projectDirectory, file, task, context },
    });
    if (ended.answer === undefined) throw toEndFailure(this.#task, interpreter, ended);
    if (ended.answer.type === "result") return this.#toResult(ended.answer);
    for (const line of ended.answer.lines) context.log(line);
    throw toFailure(ended.answer);
  }

  async #toTask(): Promise<object> {
    const { values, item, interpreter: _, ...task } = this.#task;
    const toValue = (value: unknown, place: string) => toPythonValue(value, place, this.#keep);
    const told: [string, unknown][] = [];
    for (const [name, value] of Object.entries(values)) {
      told.push([name, await toValue(value, `the value of ${name} for ${task.file}`)]);
    }
    return {
      ...task,
      folder: this.#folder,
      item: await toValue(item, `the item of ${task.file}`),
      values: Object.fromEntries(told),
    };
  }

  readonly #keep = async (frame: Frame): Promise<string> => {
    const known = this.#kept.get(frame);
    if (known !== undefined) return known;
    const name = `${this.#kept.size}.arrow`;
    this.#kept.set(frame, name);
    await this.#write(join(this.#folder, name), arrowBlocks(frame, "file", "kept"));
    return name;
  };

  async #write(path: string, blocks: readonly Uint8Array[]): Promise<void> {
    const file = await open(path, "w");
    try {
      for (const block of blocks) {
        this.#context.signal.throwIfAborted();
        await file.writeFile(block);
      }
    } finally {
      await file.close();
    }
  }

  async #toResult(result: PythonResult): Promise<unknown> {
    if (result.kind === "value") return fromPythonValue(result.value);
    const { name, file } = this.#task;
    const line = result.line === null ? "" : `:${result.line}`;
    const place = `what cell ${name} (${file}${line}) gives`;
    try {
      const { frame, report } = await openArrow(await readFile(result.file), { name: place });
      for (const note of report.notes) this.#context.log(`${file}: ${note}`);
      return frame;
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      throw new HexError("HEX_CELL_FAILED", thrown.message, { cause: thrown });
    }
  }
}
