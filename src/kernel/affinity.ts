import { LRUCache } from "lru-cache";
import { expectation, type HexError } from "../errors.ts";
import { parseEvaluationId } from "../store/version.ts";
import type { CsvRequest, EvaluateRequest } from "./evaluation.ts";
import type { KernelProcess } from "./kernel-process.ts";
import { goneError, goneEvaluation, type KernelRequest } from "./request.ts";

/** So many evaluations, states and presses are known, each in some 200 bytes. */
const LIMIT = { max: 20_000 };

interface KnownPress {
  readonly kernel: KernelProcess;
  /** in which it was made */
  readonly state: string;
  isDone: boolean;
}

/**
 * Knows which process holds what: rows are read from the one that evaluated them, a press is carried
 * out in one, and equal states are evaluated in one, so that they give equal outputs.
 */
export class Affinity {
  readonly #evaluations = new LRUCache<string, KernelProcess>(LIMIT);
  readonly #states = new LRUCache<string, KernelProcess>(LIMIT);
  readonly #presses = new LRUCache<string, KnownPress>(LIMIT);

  /**
   * The process that a request belongs to; `any` where all can answer it, `free` where a free one is to.
   * @throws {HexError} HEX_OUTPUT_GONE, HEX_PRESS_UNKNOWN when that process is no more;
   * HEX_INPUT_INVALID for a press that was made in another state
   */
  find(request: KernelRequest): KernelProcess | "any" | "free" {
    switch (request.kind) {
      case "rows":
      case "csv":
        return this.#findEvaluation(request.query);
      case "evaluate":
        return (
          this.#findPress(request.query) ??
          whenReady(this.#states.get(toState(request.query))) ??
          "free"
        );
      default:
        return "free";
    }
  }

  /** Notes that a process is about to carry out a request. */
  note(request: KernelRequest, kernel: KernelProcess): void {
    if (request.kind !== "evaluate") return;
    const state = toState(request.query);
    this.#states.set(state, kernel);
    for (const id of pressesOf(request)) {
      if (!this.#presses.has(id)) this.#presses.set(id, { kernel, state, isDone: false });
    }
  }

  /** Notes that a process has carried it out. */
  noteAnswer(request: KernelRequest, kernel: KernelProcess, evaluation: string | undefined): void {
    const isOwn = evaluation !== undefined && parseEvaluationId(evaluation) === undefined;
    if (isOwn) this.#evaluations.set(evaluation, kernel);
    for (const id of pressesOf(request)) {
      const press = this.#presses.get(id);
      if (press !== undefined) press.isDone = true;
    }
  }

  /** Forgets a request's press, of which nothing has begun. */
  forgetPress(request: KernelRequest): void {
    for (const id of pressesOf(request)) this.#presses.delete(id);
  }

  /** Code has changed: equal states give other outputs from now on. */
  forgetStates(): void {
    this.#states.clear();
  }

  #findEvaluation({ evaluation, cell }: CsvRequest): KernelProcess | "any" {
    if (parseEvaluationId(evaluation) !== undefined) return "any";
    const kernel = whenReady(this.#evaluations.get(evaluation));
    if (kernel === undefined) throw goneEvaluation(cell);
    return kernel;
  }

  #findPress(query: EvaluateRequest): KernelProcess | undefined {
    const known = Object.values(query.press ?? {}).flatMap((id) => this.#presses.get(id) ?? []);
    const lost = known.find(({ kernel }) => !kernel.isReady);
    if (lost !== undefined) throw lost.isDone ? gonePress() : unknownPress();
    if (known.some(({ state }) => state !== toState(query))) throw otherPress();
    return known[0]?.kernel;
  }
}

export function pressesOf(request: KernelRequest): readonly string[] {
  return request.kind === "evaluate" ? Object.values(request.query.press ?? {}) : [];
}

function whenReady(kernel: KernelProcess | undefined): KernelProcess | undefined {
  return kernel?.isReady === true ? kernel : undefined;
}

/** Stands for the state of an evaluation, of any cells. */
function toState({ version, commit, inputs, texts = {}, press = {} }: EvaluateRequest): string {
  const sorted = [inputs, texts, press].map((values) =>
    Object.entries(values).sort(([left], [right]) => (left < right ? -1 : 1)),
  );
  return JSON.stringify([version, commit, sorted]);
}

export function unknownPress(): HexError {
  return expectation("HEX_PRESS_UNKNOWN", {
    place: "the process in which a button was pressed",
    expected: "one that tells what came of it",
    got: "one that has ended: whether the press took effect is not known",
    hint: "see whether it did before you press again",
  });
}

function otherPress(): HexError {
  return expectation("HEX_INPUT_INVALID", {
    place: "this press of a button",
    expected: "asked for again as it was made, with the same inputs and version",
    got: "others",
    hint: "a new press has an id of its own",
  });
}

function gonePress(): HexError {
  const hint = "evaluate again without the press";
  return goneError("what the press of a button came to", "one", hint);
}
