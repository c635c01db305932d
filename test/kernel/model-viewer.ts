import { randomUUID } from "node:crypto";
import type {
  EvaluateRequest,
  Evaluation,
  RowsAnswer,
  RowsRequest,
} from "../../src/kernel/evaluation.ts";
import type { CellOutput } from "../../src/run/cell-output.ts";
import { findMix, refuseMix } from "./any-app.ts";

/** What a page opens on. */
export interface OpenedPage {
  readonly version: number | null;
  readonly commit: string | null;
  /** id of the published evaluation; null when none was saved */
  readonly evaluation: string | null;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly cells: readonly {
    readonly name: string;
    readonly output: CellOutput | null;
    readonly result: string | null;
  }[];
}

/** The ways by which pages ask; what is gone is told as undefined. */
export interface PageDoor {
  open(): Promise<OpenedPage>;
  evaluate(ask: EvaluateRequest): Promise<Evaluation | undefined>;
  rows(ask: RowsRequest): Promise<RowsAnswer | undefined>;
  csv(ask: Omit<RowsRequest, "offset" | "limit">): Promise<string | undefined>;
}

interface ShownCell {
  readonly output: CellOutput;
  readonly result: string | null;
}

/** What was counted over all seeds. */
export type Add = (name: string, count?: number) => void;

/**
 * One viewer of a page, who asks as the page does, and holds what is shown against itself: whatever is
 * asked, all that stands side by side has to be of one evaluation.
 */
export class ModelViewer {
  readonly #door: PageDoor;
  readonly #random: () => number;
  readonly #add: Add;
  readonly #cells = new Map<string, ShownCell>();
  #page: OpenedPage | undefined;
  #evaluation: string | null = null;
  #inputs: Record<string, unknown> = {};
  #press: Record<string, string> = {};

  constructor(door: PageDoor, random: () => number, add: Add) {
    this.#door = door;
    this.#random = random;
    this.#add = add;
  }

  get inputs(): Readonly<Record<string, unknown>> {
    return this.#inputs;
  }

  /** Whether what is shown hangs on a press. */
  get isPressed(): boolean {
    return Object.keys(this.#press).length > 0;
  }

  get evaluation(): string | null {
    return this.#evaluation;
  }

  get commit(): string | null {
    return this.#page?.commit ?? null;
  }

  /** The results that are shown, by name of the cell. */
  get results(): Readonly<Record<string, string | null>> {
    return Object.fromEntries([...this.#cells].map(([name, { result }]) => [name, result]));
  }

  /** Opens the page, or opens it anew: on the newest version, with what was published with it. */
  async open(): Promise<void> {
    const page = await this.#door.open();
    this.#page = page;
    this.#evaluation = page.evaluation;
    this.#inputs = { ...page.inputs };
    this.#press = {};
    this.#cells.clear();
    for (const { name, output, result } of page.cells) {
      if (output !== null) this.#cells.set(name, { output, result });
    }
    this.#add("pages opened");
    this.#check("as it opens");
    if (page.evaluation === null || page.cells.some(({ output }) => output === null)) {
      await this.evaluate();
    }
  }

  async setInput(name: string, value: unknown): Promise<void> {
    this.#press = {};
    this.#inputs = { ...this.#inputs, [name]: value };
    await this.evaluate();
  }

  /** Presses the button, perhaps more than once with the same press, as after an outage. */
  async press(name: string): Promise<void> {
    const press = { [name]: randomUUID() };
    let made = this.#inputs;
    this.#press = press;
    if (!(await this.evaluate())) {
      // Its version was gone: it is carried out on the one that is shown by now.
      this.#press = press;
      made = this.#inputs;
      if (!(await this.evaluate())) throw new Error("a press was not carried out");
    }
    this.#add("presses");
    if (this.#random() >= 0.3) return;
    this.#inputs = made;
    await this.evaluate();
  }

  /**
   * Asks for all that the page shows in its state; the answer replaces it at once. False when there
   * was none, so that the page was opened anew.
   */
  async evaluate(): Promise<boolean> {
    const page = this.#page;
    if (page === undefined || page.version === null) return false;
    const cells = page.cells.map(({ name }) => name);
    const has = Object.fromEntries(
      [...this.#cells].flatMap(([name, { result }]) => (result === null ? [] : [[name, result]])),
    );
    const { version, commit } = page;
    const ask = { version, commit, inputs: this.#inputs, press: this.#press, cells, has };
    const answer = await this.#door.evaluate(ask);
    if (answer === undefined) {
      this.#add("versions gone");
      await this.open();
      return false;
    }
    this.#take(answer);
    this.#add("evaluations");
    this.#check(`after an answer to ${JSON.stringify(ask.inputs)}`);
    return true;
  }

  #take({ evaluation, cells, inputs }: Evaluation): void {
    for (const { name, output, result = null, isSame } of cells) {
      const known = this.#cells.get(name);
      if (isSame) {
        if (known === undefined || known.result !== result) {
          throw new Error(`${name} is told to be what is shown, which it is not`);
        }
      } else if (output === undefined) this.#cells.delete(name);
      else this.#cells.set(name, { output, result });
    }
    this.#evaluation = evaluation;
    this.#inputs = { ...this.#inputs, ...inputs };
    for (const name of Object.keys(this.#press)) this.#inputs[name] = false;
  }

  /** Reads a whole table in blocks, in some order and by some filter, then as CSV. */
  async readTable(): Promise<void> {
    const tables = [...this.#cells].filter(([, { output }]) => output.kind === "frame");
    const [name, shown] = tables[Math.floor(this.#random() * tables.length)] ?? [];
    if (name === undefined || shown?.output.kind !== "frame" || this.#evaluation === null) return;
    const { output, result } = shown;
    const tag = output.head[0]?.["tag"];
    const order = this.#toOrder(output.columns.map((column) => column.name));
    const rows = await this.#readRows(name, order);
    // Another evaluation has taken the place of all that is shown.
    if (rows === undefined || this.#cells.get(name)?.result !== result) return;
    this.#add("tables read");
    const tags = new Set(rows.map((row) => row["tag"]));
    if (tags.size > 1 || (tags.size === 1 && !tags.has(tag))) {
      throw new Error(`${name} mixes ${[...tags].join(", ")}, its first rows are of ${tag}`);
    }
    if (order.filters === undefined && rows.length !== output.rows) {
      throw new Error(`${name} has ${output.rows} rows, of which ${rows.length} were told`);
    }
    const keys = rows.map((row) => JSON.stringify(row));
    if (new Set(keys).size !== keys.length) throw new Error(`${name} tells rows twice`);
  }

  async #readRows(cell: string, order: Pick<RowsRequest, "sort" | "filters">) {
    const evaluation = this.#evaluation;
    if (evaluation === null) return undefined;
    const rows: Readonly<Record<string, unknown>>[] = [];
    for (;;) {
      const limit = 1 + Math.floor(this.#random() * 90);
      const answer = await this.#door.rows({
        evaluation,
        cell,
        offset: rows.length,
        limit,
        ...order,
      });
      if (answer === undefined) return this.#onGone();
      rows.push(...answer.head);
      if (answer.head.length === 0 || rows.length >= answer.rows) break;
    }
    const csv = await this.#door.csv({ evaluation, cell, ...order });
    if (csv === undefined) return this.#onGone();
    this.#add("CSVs");
    refuseOtherCsv(cell, rows, csv);
    return rows;
  }

  /** What an evaluation showed is no more: its state is evaluated anew, and replaces all. */
  async #onGone(): Promise<undefined> {
    this.#add("evaluations gone");
    this.#press = {};
    await this.evaluate();
    return undefined;
  }

  #toOrder(columns: readonly string[]): Pick<RowsRequest, "sort" | "filters"> {
    const column = columns[Math.floor(this.#random() * columns.length)];
    if (column === undefined || this.#random() < 0.4) return {};
    if (this.#random() < 0.5) return { sort: { column, descending: this.#random() < 0.5 } };
    return { filters: [{ column, test: "present" }] };
  }

  #check(when: string): void {
    const shown = new Map<string, unknown>(Object.entries(this.#inputs));
    for (const [name, { output }] of this.#cells) {
      if (output.kind === "value") shown.set(name, output.value);
      if (output.kind !== "frame" && output.kind !== "chart") continue;
      shown.set(name, output.head);
      const tags = new Set(output.head.map((row) => row["tag"]));
      if (tags.size > 1) throw new Error(`${when}, the first rows of ${name} mix evaluations`);
    }
    refuseMix(when, findMix(shown));
  }
}

function refuseOtherCsv(
  cell: string,
  rows: readonly Readonly<Record<string, unknown>>[],
  csv: string,
): void {
  const lines = csv.trimEnd().split("\n").slice(1);
  if (lines.length !== rows.length) {
    throw new Error(`${cell} has ${rows.length} rows, and ${lines.length} as CSV`);
  }
  for (const [index, { tag }] of rows.entries()) {
    if (tag === undefined || lines[index]?.includes(String(tag))) continue;
    throw new Error(`row ${index} of ${cell} is of ${tag}, as CSV it is ${lines[index]}`);
  }
}
