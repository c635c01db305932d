import { HexError } from "../../src/errors.ts";
import { KernelProcess } from "../../src/kernel/kernel-process.ts";
import type { KernelTask, NotebookReport, NotebookRunAnswer } from "../../src/kernel/request.ts";
import { toTableReader } from "../../src/kernel/viewers.ts";
import type { CellOutput } from "../../src/run/cell-output.ts";
import type { RunProcess } from "../../src/run/process/run-process.ts";
import { findMix, refuseMix } from "./any-app.ts";
import type { Add } from "./model-viewer.ts";

interface ShownCell {
  readonly output: CellOutput;
  readonly rowsKey: string;
}

/** An author's notebook: what its cells show side by side is of one evaluation, after every run. */
export class ModelNotebook {
  readonly #task: KernelTask;
  readonly #start: (task: KernelTask) => RunProcess;
  readonly #add: Add;
  readonly #cells = new Map<string, ShownCell>();
  #inputs: Record<string, unknown> = {};
  #kernel: KernelProcess | undefined;
  #runs = 0;

  constructor(directory: string, start: (task: KernelTask) => RunProcess, add: Add) {
    this.#task = { kind: "notebook", directory };
    this.#start = start;
    this.#add = add;
  }

  async close(): Promise<void> {
    await this.#kernel?.kill(new HexError("HEX_CANCELLED", "the test is over"));
  }

  /** Sets inputs, or presses a button for this run only, and runs what follows from it. */
  async run(set: Readonly<Record<string, unknown>>, pressed: Readonly<Record<string, unknown>>) {
    this.#inputs = { ...this.#inputs, ...set };
    this.#runs += 1;
    this.#kernel ??= this.#open();
    const inputs = { ...this.#inputs, ...pressed };
    const request = { kind: "run", run: this.#runs, inputs, fresh: "none" } as const;
    const { text } = await this.#kernel.ask(request);
    const { status } = JSON.parse(text) as NotebookRunAnswer;
    if (status === "outdated") {
      await this.close();
      this.#kernel = undefined;
      return;
    }
    this.#add("notebook runs");
    this.#check();
  }

  /** Reads a whole table of what is shown. */
  async read(random: () => number): Promise<void> {
    const tables = [...this.#cells].filter(([, { output }]) => output.kind === "frame");
    const [cell, shown] = tables[Math.floor(random() * tables.length)] ?? [];
    if (cell === undefined || shown?.output.kind !== "frame" || this.#kernel === undefined) return;
    const kernel = this.#kernel;
    const reader = toTableReader((request) => kernel.ask(request));
    const ask = { evaluation: shown.rowsKey, cell, offset: 0, limit: 1_000 };
    const { head } = await reader.rows(ask);
    const tags = new Set(head.map((row) => row["tag"]));
    const [tag] = shown.output.head.map((row) => row["tag"]);
    if (tags.size > 1 || !tags.has(tag)) {
      throw new Error(`in the notebook, ${cell} mixes ${[...tags].join(", ")} and ${tag}`);
    }
    this.#add("notebook tables");
  }

  #open(): KernelProcess {
    this.#cells.clear();
    return new KernelProcess(this.#start(this.#task), this.#task, {
      onOver: ({ why, left }) => {
        for (const pending of left) pending.reject(why);
      },
      onLine: () => undefined,
      onEvent: () => undefined,
      onReport: (report) => this.#take(report),
      redact: (text) => text,
      redactLine: (_, line) => line,
    });
  }

  #take(report: NotebookReport): void {
    if (report.type !== "cell-ended") return;
    const { cell, rowsKey, error } = report;
    const { name, output } = cell;
    if (error !== null || cell.status === "skipped") this.#cells.delete(name);
    else if (output !== undefined && rowsKey !== null) this.#cells.set(name, { output, rowsKey });
  }

  #check(): void {
    const shown = new Map<string, unknown>();
    for (const [name, { output }] of this.#cells) {
      if (output.kind === "frame" || output.kind === "chart") shown.set(name, output.head);
      if (output.kind === "value") shown.set(name, output.value);
    }
    refuseMix("in the notebook", findMix(shown));
  }
}
