import { randomUUID } from "node:crypto";
import { expectation, type HexError } from "../errors.ts";
import type { OpenedVersion } from "./pinned-versions.ts";
import type { FoundResult } from "./recall.ts";

/** One computation of the cells for one state: which results it has. */
interface HeldEvaluation {
  readonly id: string;
  /** stands for the state */
  readonly state: string;
  readonly opened: OpenedVersion;
  /** name of a cell -> id of its result */
  readonly results: Map<string, string>;
}

/** So many are known of; the results themselves are held as long as there is memory. */
const EVALUATIONS_HELD = 4_096;

/** The evaluations of this process. A result that is held names one computation. */
export class Evaluations {
  readonly #byId = new Map<string, HeldEvaluation>();
  /** a state -> its newest evaluation */
  readonly #byState = new Map<string, HeldEvaluation>();

  /**
   * The id of the evaluation in which a state has these results: the one of before when they are the
   * same, and that of the version when they are those of its publication.
   */
  settle(state: string, opened: OpenedVersion, results: ReadonlyMap<string, FoundResult>): string {
    const { version, published } = opened;
    if (version.evaluation !== null && published?.holds(results)) return version.evaluation;
    const known = this.#byState.get(state);
    const isSame =
      known !== undefined &&
      [...results].every(([name, { result }]) => (known.results.get(name) ?? result) === result);
    const held = isSame ? known : { id: randomUUID(), state, opened, results: new Map() };
    for (const [name, { result }] of results) held.results.set(name, result);
    this.#hold(held);
    return held.id;
  }

  /** Whether it was told of an evaluation that it still knows. */
  find(id: string): Pick<HeldEvaluation, "opened" | "results"> | undefined {
    const held = this.#byId.get(id);
    if (held !== undefined) this.#hold(held);
    return held;
  }

  #hold(held: HeldEvaluation): void {
    this.#byId.delete(held.id);
    this.#byId.set(held.id, held);
    this.#byState.set(held.state, held);
    const [oldest] = this.#byId.values();
    if (this.#byId.size <= EVALUATIONS_HELD || oldest === undefined) return;
    this.#byId.delete(oldest.id);
    if (this.#byState.get(oldest.state) === oldest) this.#byState.delete(oldest.state);
  }
}

/** What is asked of an evaluation that nobody holds. */
export function goneEvaluation(cell: string): HexError {
  return expectation("HEX_OUTPUT_GONE", {
    place: `what cell ${cell.slice(0, 80)} showed`,
    expected: "kept",
    got: "an evaluation that is there no more",
    hint: "evaluate again",
  });
}

/** What is asked of a cell that has no rows. */
export function showsNoTable(cell: string): HexError {
  return expectation("HEX_OUTPUT_UNKNOWN", {
    place: `cell ${cell.slice(0, 80)}`,
    expected: "one that shows a table or a chart",
    got: "one that shows neither",
  });
}
