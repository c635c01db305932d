import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { RequestedInput } from "../../src/cell/requested-input.ts";
import { HexError } from "../../src/errors.ts";
import { KernelPool } from "../../src/kernel/pool.ts";
import type { KernelRequest, KernelTask } from "../../src/kernel/request.ts";
import { serveKernel } from "../../src/kernel/serve-kernel.ts";
import { toTableReader } from "../../src/kernel/viewers.ts";
import { openProject } from "../../src/project/project.ts";
import { describeProject } from "../../src/project/project-description.ts";
import type { ShownFrame } from "../../src/run/cell-output.ts";
import type { RunRecord } from "../../src/run/history/run-record.ts";
import type { CellResult, RunResult } from "../../src/run/run-event.ts";
import { PageContents } from "../../src/server/page/page-contents.ts";
import { openVersion } from "../../src/store/version.ts";
import { openProjectRuns, type ProjectRuns } from "../../src/work/project-runs.ts";
import { keepResult, RunOutputs } from "../../src/work/run-output.ts";
import { runProject } from "../../src/work/run-project.ts";
import { type AnyApp, findMix, refuseMix, toFiles } from "./any-app.ts";
import { startInThisProcess } from "./in-this-process.ts";
import { ModelNotebook } from "./model-notebook.ts";
import { type Add, ModelViewer, type OpenedPage, type PageDoor } from "./model-viewer.ts";

/** What whoever makes a world brings along. */
export interface WorldOptions {
  /** URL of the built module that cells import */
  readonly runtimeUrl: string;
  readonly random: () => number;
  readonly add: Add;
}

const VIEWERS = 2;

/**
 * A random app with all its doors: runs, the page with processes that answer viewers, the outputs of
 * runs, a notebook. All of it goes in this process, so that many seeds can be tried.
 */
export class ModelWorld {
  readonly viewers: readonly ModelViewer[];
  readonly notebook: ModelNotebook;
  readonly #app: AnyApp;
  readonly #directory: string;
  readonly #runs: ProjectRuns;
  readonly #options: WorldOptions;
  #pool: KernelPool;
  #processes: ReturnType<typeof startInThisProcess>[] = [];
  #edit = 0;
  #lastRun: RunResult | undefined;
  /** results by state, of the processes that are there now */
  #states = new Map<string, string>();

  static async open(app: AnyApp, options: WorldOptions): Promise<ModelWorld> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), "hex-model-")));
    await writeFiles(directory, toFiles(app, 0));
    const runs = await openProjectRuns(directory, { runtimeUrl: options.runtimeUrl });
    const world = new ModelWorld(app, directory, runs, options);
    await world.publish();
    return world;
  }

  private constructor(app: AnyApp, directory: string, runs: ProjectRuns, options: WorldOptions) {
    this.#app = app;
    this.#directory = directory;
    this.#runs = runs;
    this.#options = options;
    this.#pool = this.#openPool();
    const { random, add, runtimeUrl } = options;
    const door = this.#toDoor();
    this.viewers = Array.from({ length: VIEWERS }, () => new ModelViewer(door, random, add));
    const serve = (task: KernelTask) =>
      startInThisProcess((_, parent) => serveKernel(task, parent, runtimeUrl));
    this.notebook = new ModelNotebook(directory, serve, add);
  }

  async close(): Promise<void> {
    await this.notebook.close();
    await this.#pool.close();
    await this.#runs.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** A logic run: all that it shows is of one evaluation, and so is what history keeps of it. */
  async publish(inputs: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const result = await this.#run("logic", inputs);
    if (result.version === null) throw new Error(`nothing is published: ${JSON.stringify(result)}`);
    this.#lastRun = result;
    this.#options.add("versions");
  }

  /** An app run: all that it shows is of one evaluation. */
  async look(inputs: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.#run("app", inputs);
    this.#options.add("app runs");
  }

  async #run(context: "logic" | "app", values: Readonly<Record<string, unknown>>) {
    const project = await openProject(this.#directory, this.#options);
    const inputs = new Map(
      Object.entries(values).map(([name, value]): [string, RequestedInput] => [
        name,
        { value, form: "json", place: name },
      ]),
    );
    const frames = new Map<string, ShownFrame>();
    const parent = { emit: () => undefined, signal: new AbortController().signal } as never;
    const result = await runProject(
      project,
      { context, trigger: "cli", inputs },
      {
        onShown: (cell, shown) => frames.set(cell, shown),
        keep: (told, store) =>
          context === "app"
            ? Promise.resolve()
            : keepResult(store, { result: told, attempt: 1, frames }, parent),
      },
    );
    const shown = new Map(
      result.cells.map(({ name, output }) => [name, output && shownValue(output)] as const),
    );
    refuseMix(`a run in the context ${context}`, findMix(shown));
    return result;
  }

  /** What a program reads of the last logic run: whole tables, of what that run showed. */
  async readOutputs(): Promise<void> {
    const { runId } = this.#lastRun ?? {};
    const record = runId === undefined ? undefined : await this.#runs.history.read(runId);
    if (record === undefined) return;
    const outputs = new RunOutputs(this.#runs);
    for (const cell of this.#lastRun?.cells ?? []) await this.#readOutput(outputs, record, cell);
  }

  async #readOutput(outputs: RunOutputs, record: RunRecord, { name, output }: CellResult) {
    if (output?.kind !== "frame" || output.rows === 0) return;
    const read = await outputs.read(record, name);
    const frame = await orGone(() => read.readFrame());
    if (frame === undefined) return;
    const rows = frame.rows() as readonly Readonly<Record<string, unknown>>[];
    const tags = new Set(rows.map((row) => row["tag"]));
    const tag = output.head[0]?.["tag"];
    if (rows.length !== output.rows || tags.size !== 1 || !tags.has(tag)) {
      throw new Error(`output ${name} is of ${[...tags].join(", ")}, the run showed ${tag}`);
    }
    this.#options.add("outputs of runs");
  }

  /** Another code of all cells that count: the processes of before are replaced, as a server does it. */
  async edit(): Promise<void> {
    this.#edit += 1;
    const files = Object.entries(toFiles(this.#app, this.#edit));
    await writeFiles(
      this.#directory,
      Object.fromEntries(files.map(([name, text]) => [name, withEdit(name, text, this.#edit)])),
    );
    this.#pool.restart();
    this.#states.clear();
    this.#options.add("edits");
  }

  /** A process that answers viewers dies, with all that it remembers. */
  async kill(): Promise<void> {
    const going = this.#processes.filter(({ isOver }) => !isOver);
    await going[Math.floor(this.#options.random() * going.length)]?.kill();
    this.#states.clear();
    this.#options.add("killed processes");
  }

  /** The server is started anew. */
  async restart(): Promise<void> {
    await this.#pool.close();
    this.#pool = this.#openPool();
    this.#states.clear();
    this.#options.add("restarts");
  }

  /** The store goes back to a copy of it, and another version of the same number is published. */
  async restore(): Promise<void> {
    const store = join(this.#directory, ".hex/store");
    const copy = join(this.#directory, "copy");
    await cp(store, copy, { recursive: true });
    await this.publish();
    await this.viewers[0]?.open();
    await rm(store, { recursive: true });
    await cp(copy, store, { recursive: true });
    await rm(copy, { recursive: true });
    await this.publish();
    this.#options.add("restored stores");
  }

  /** Equal states give equal outputs, whoever asks, as long as the processes live. */
  noteState(viewer: ModelViewer): void {
    if (viewer.isPressed || viewer.evaluation === null) return;
    const state = JSON.stringify([viewer.commit, sorted(viewer.inputs)]);
    const results = JSON.stringify(sorted(viewer.results));
    const before = this.#states.get(state);
    this.#states.set(state, results);
    if (before === undefined) return;
    this.#options.add("equal states");
    if (before !== results) throw new Error(`${state} gave ${before}, and then ${results}`);
  }

  /** How often the cell below the button noted that it was pressed. */
  async countPresses(): Promise<number> {
    const text = await readFile(join(this.#directory, "presses.log"), "utf8").catch(() => "");
    return text.split("\n").length - 1;
  }

  #openPool(): KernelPool {
    const { runtimeUrl } = this.#options;
    return new KernelPool({
      limits: { size: 2, waiting: 100, deadlineMs: 60_000, idleMs: 600_000 },
      directory: this.#directory,
      startProcess: () => {
        const started = startInThisProcess((task, parent) =>
          serveKernel(task as KernelTask, parent, runtimeUrl),
        );
        this.#processes = [...this.#processes.filter(({ isOver }) => !isOver), started];
        return started;
      },
      onLack: () => undefined,
      onLine: () => undefined,
      redact: (text) => text,
      openLines: () => (_, line) => line,
    });
  }

  #toDoor(): PageDoor {
    const contents = new PageContents(this.#runs, () => undefined);
    const ask = (request: KernelRequest, signal?: AbortSignal) => this.#pool.ask(request, signal);
    const tables = toTableReader(ask);
    return {
      open: async () => {
        const project = await openProject(this.#directory, this.#options);
        const described = { ...(await describeProject(project)), changedAtMs: 0 };
        const { head, cells } = await contents.read(await openVersion(this.#runs.store), described);
        return { ...head, cells: JSON.parse(Buffer.from(cells).toString("utf8")) } as OpenedPage;
      },
      evaluate: (query) =>
        orGone(async () => JSON.parse((await ask({ kind: "evaluate", query })).text)),
      rows: (query) => orGone(() => tables.rows(query)),
      csv: (query) => orGone(() => readAll(tables.csv(query))),
    };
  }
}

/** The value of a single one, or the first rows of a table. */
function shownValue(output: NonNullable<RunResult["cells"][number]["output"]>): unknown {
  if (output.kind === "frame" || output.kind === "chart") return output.head;
  return output.kind === "value" ? output.value : undefined;
}

async function orGone<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (thrown) {
    const isGone = thrown instanceof HexError && GONE.includes(thrown.code);
    if (isGone) return undefined;
    throw thrown;
  }
}

const GONE: readonly string[] = ["HEX_OUTPUT_GONE", "HEX_PRESS_UNKNOWN"];

async function readAll(blocks: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const block of blocks) read.push(block);
  return Buffer.concat(read).toString("utf8");
}

function sorted(record: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1));
}

/** A comment at the end makes each file another one. */
function withEdit(name: string, text: string, edit: number): string {
  return name.endsWith(".ts") ? `${text}\n// ${edit}\n` : text;
}

async function writeFiles(directory: string, files: Readonly<Record<string, string>>) {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), text);
  }
}
