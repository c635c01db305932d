import type { RunPlan } from "../../cell/plan.ts";
import { expectation, HexError } from "../../errors.ts";
import type { Frame } from "../../frame/frame.ts";
import { headRows } from "../../frame/json.ts";
import type { CellOutput } from "../../run/cell-output.ts";
import type { LightAsk, RowsAsk } from "../../run/light/light-ask.ts";
import { toPageOutput } from "../../run/light/page-output.ts";
import type { CellResult, RunError } from "../../run/run-event.ts";
import { planProject } from "../project.ts";
import { toCsvBlock } from "./csv-block.ts";
import { LastRows } from "./last-rows.ts";
import type { CsvAsk, LightOrder } from "./light-order.ts";
import { PinnedVersions } from "./pinned-versions.ts";
import { runForViewer, type ViewedProject } from "./viewer-run.ts";
import type { TellStanding } from "./viewer-standing.ts";

const MOST_ROWS = 1_000;

/** What whoever carries out an order minds. */
interface Heed {
  readonly signal: AbortSignal;
  /** told how far it is */
  readonly tell: TellStanding;
}

/** Answers viewers of a project as JSON; what was told once is not put into JSON again. */
export class ViewerAnswers {
  readonly #viewed: ViewedProject;
  readonly #plan: RunPlan;
  readonly #versions: PinnedVersions;
  readonly #lastRows = new LastRows();
  readonly #texts = new WeakMap<CellOutput, string>();

  constructor(viewed: ViewedProject) {
    this.#viewed = viewed;
    this.#plan = planProject(viewed.project, "app");
    this.#versions = new PinnedVersions(viewed.store);
  }

  /** @throws {HexError} what nobody can be answered, with secrets still in its message */
  async answer(order: LightOrder, heed: Heed): Promise<string> {
    switch (order.kind) {
      case "run":
        return this.#run(order.ask, heed);
      case "rows":
        return this.#rows(order.ask, heed);
      case "csv": {
        const rows = this.#lastRows.find(await this.#show(order.ask, heed), order.ask);
        return JSON.stringify(toCsvBlock(rows, order.start, this.#viewed.redact));
      }
      case "warm":
        return this.#warm(order.version, heed);
    }
  }

  /** A message as viewers may read it: without secrets, and without where the store is. */
  toTold(message: string): string {
    const { store, redact } = this.#viewed;
    return redact(message.replaceAll(store.location, "the store"));
  }

  async #run(ask: LightAsk, heed: Heed): Promise<string> {
    const version = await this.#versions.open(ask.version);
    const work = { ...ask, version, plan: this.#plan, ...heed };
    const { results, shown, invalid } = await runForViewer(this.#viewed, work);
    const { cells } = this.#viewed.project.cells;
    const told = cells.flatMap(({ name }) => {
      const result = ask.cells.includes(name) ? results.get(name) : undefined;
      return result === undefined ? [] : this.#toText(result, shown.get(name));
    });
    const refused = JSON.stringify(this.#viewed.redact(invalid));
    return `{"version":${version.number},"cells":[${told.join(",")}],"invalid":${refused}}`;
  }

  #toText({ output, error, ...result }: CellResult, shown: Frame | undefined): string {
    const told = JSON.stringify({
      ...this.#viewed.redact(result),
      ...(error && { error: { ...error, message: this.toTold(error.message) } }),
    });
    if (output === undefined) return told;
    const text = this.#texts.get(output) ?? this.#outputText(output, shown);
    this.#texts.set(output, text);
    return `${told.slice(0, -1)},"output":${text}}`;
  }

  #outputText(output: CellOutput, shown: Frame | undefined): string {
    return JSON.stringify(this.#viewed.redact(toPageOutput(output, shown)));
  }

  async #rows(ask: RowsAsk, heed: Heed): Promise<string> {
    const rows = this.#lastRows.find(await this.#show(ask, heed), ask);
    const offset = Math.max(0, ask.offset);
    const limit = Math.min(Math.max(0, ask.limit), MOST_ROWS);
    const head = headRows(rows.slice(offset, offset + limit), limit);
    return JSON.stringify({ rows: rows.numRows, offset, head: this.#viewed.redact(head) });
  }

  /** The whole frame that a cell shows. */
  async #show({ cell, ...ask }: CsvAsk, heed: Heed): Promise<Frame> {
    const version = await this.#versions.open(ask.version);
    const work = { ...ask, version, cells: [cell], plan: this.#plan, ...heed };
    const { results, shown } = await runForViewer(this.#viewed, work);
    const frame = shown.get(cell);
    if (frame !== undefined) return frame;
    const failed = [...results.values()].find(({ error }) => error !== undefined)?.error;
    if (failed !== undefined) throw toFailure(failed);
    throw expectation("HEX_OUTPUT_UNKNOWN", {
      place: `cell ${cell.slice(0, 80)}`,
      expected: "one that shows a table or a chart",
      got: results.has(cell) ? "one that shows neither" : "none",
    });
  }

  /** Loads what a viewer's change will need; what fails now fails then. */
  async #warm(number: number | null, heed: Heed): Promise<string> {
    const version = await this.#versions.open(number);
    const { cells } = this.#plan;
    const computed = cells.filter(({ action, kind }) => action === "computed" && kind !== "cached");
    const load = this.#viewed.project.cells.load;
    await Promise.allSettled(computed.map(({ name }) => load(name)));
    const read = cells.filter(({ action }) => action === "read").map(({ name }) => name);
    const work = { version, cells: read, plan: this.#plan, inputs: {}, ...heed };
    await runForViewer(this.#viewed, work);
    return "null";
  }
}

/** A wrong input of this kind is the cell's own, and must not pass for one of what was asked. */
function toFailure({ code, message }: RunError): HexError {
  return new HexError(code === "HEX_INPUT_INVALID" ? "HEX_CELL_FAILED" : code, message);
}
