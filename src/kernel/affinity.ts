import { expectation, type HexError } from "../errors.ts";
import { parseEvaluationId } from "../store/evaluation-id.ts";
import type { EvaluateRequest } from "./evaluation.ts";
import { goneEvaluation } from "./evaluations.ts";
import type { KernelRequest } from "./request.ts";

/** Where an order belongs: to one process, to whichever is there, or first to a free one. */
export type Route<Process> = Process | "any" | "free";

/** So many evaluations and states are known of, each in some 200 bytes. */
const MOST_KNOWN = 20_000;

interface KnownPress<Process> {
  readonly process: Process;
  /** in which it was made */
  readonly state: string;
  isDone: boolean;
}

/**
 * Knows which process holds what: rows are asked of the one that evaluated them, a press is carried
 * out in one, and equal states are evaluated in one, so that they give equal outputs.
 */
export class Affinity<Process> {
  readonly #isAlive: (process: Process) => boolean;
  readonly #evaluations = new Map<string, Process>();
  readonly #states = new Map<string, Process>();
  readonly #presses = new Map<string, KnownPress<Process>>();

  constructor(isAlive: (process: Process) => boolean) {
    this.#isAlive = isAlive;
  }

  /**
   * @throws {HexError} HEX_OUTPUT_GONE, HEX_PRESS_UNKNOWN when that process is no more;
   * HEX_INPUT_INVALID for a press that was made in another state
   */
  find(order: KernelRequest): Route<Process> {
    switch (order.kind) {
      case "rows":
      case "csv":
        return this.#findEvaluation(order.ask);
      case "evaluate":
        return (
          this.#findPress(order.ask) ?? this.#alive(this.#states.get(toState(order.ask))) ?? "free"
        );
      default:
        return "free";
    }
  }

  /** A process is about to carry out an order. */
  note(order: KernelRequest, process: Process): void {
    if (order.kind !== "evaluate") return;
    const state = toState(order.ask);
    hold(this.#states, state, process);
    for (const id of pressesOf(order)) {
      if (!this.#presses.has(id)) hold(this.#presses, id, { process, state, isDone: false });
    }
  }

  /** It has carried it out. */
  noteAnswer(order: KernelRequest, process: Process, evaluation: string | undefined): void {
    const isOwn = evaluation !== undefined && parseEvaluationId(evaluation) === undefined;
    if (isOwn) hold(this.#evaluations, evaluation, process);
    for (const id of pressesOf(order)) {
      const press = this.#presses.get(id);
      if (press !== undefined) press.isDone = true;
    }
  }

  /** Nothing has begun of what an order's press starts. */
  forgetPress(order: KernelRequest): void {
    for (const id of pressesOf(order)) this.#presses.delete(id);
  }

  /** Code has changed: equal states give other outputs from now on. */
  forgetStates(): void {
    this.#states.clear();
  }

  #findEvaluation({ evaluation, cell }: { readonly evaluation: string; readonly cell: string }) {
    if (parseEvaluationId(evaluation) !== undefined) return "any";
    const process = this.#alive(this.#evaluations.get(evaluation));
    if (process === undefined) throw goneEvaluation(cell);
    return process;
  }

  #findPress(ask: EvaluateRequest): Process | undefined {
    const known = Object.values(ask.press ?? {}).flatMap((id) => this.#presses.get(id) ?? []);
    const [lost] = known.filter(({ process }) => !this.#isAlive(process));
    if (lost !== undefined) throw lost.isDone ? gonePress() : unknownPress();
    if (known.some(({ state }) => state !== toState(ask))) throw otherPress();
    return known[0]?.process;
  }

  #alive(process: Process | undefined): Process | undefined {
    return process !== undefined && this.#isAlive(process) ? process : undefined;
  }
}

export function pressesOf(order: KernelRequest): readonly string[] {
  return order.kind === "evaluate" ? Object.values(order.ask.press ?? {}) : [];
}

function hold<Value>(known: Map<string, Value>, key: string, value: Value): void {
  known.delete(key);
  known.set(key, value);
  const [oldest] = known.keys();
  if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest);
}

/** Stands for the state that is asked for, whatever cells of it are. */
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
  return expectation("HEX_OUTPUT_GONE", {
    place: "what the press of a button came to",
    expected: "kept",
    got: "one that is there no more",
    hint: "evaluate again without the press",
  });
}
