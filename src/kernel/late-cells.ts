import { randomUUID } from "node:crypto";
import { expectation, HexError } from "../errors.ts";
import type { EvaluatedCell, EvaluateRequest, Evaluation } from "./evaluation.ts";
import type { ComputingCell, RequestProgress } from "./request.ts";

/** Cells that still went on when the time for an order was over; it was stopped then. */
export class LateCells extends HexError {
  readonly standing: RequestProgress;
  readonly limitMs: number;

  constructor(standing: RequestProgress, limitMs: number) {
    const names = standing.computing.map(({ name }) => name);
    super("HEX_RUN_TIMEOUT", toSentence(names, limitMs));
    this.name = "LateCells";
    this.standing = standing;
    this.limitMs = limitMs;
  }
}

/**
 * The answer to those who asked for cells of which some were late: these say so, those below them
 * that they wait for it, and all others are asked for once more.
 *
 * @param again asks, as JSON is answered
 */
export async function answerLate(
  late: LateCells,
  ask: EvaluateRequest,
  again: (ask: EvaluateRequest) => Promise<string>,
): Promise<string> {
  const { version, commit, invalid, asked, computing, isPress } = late.standing;
  const told = new Map(toLateResults(late).map((result) => [result.name, result]));
  const others = asked.filter((name) => !told.has(name));
  // Nobody holds this one: nothing that it tells has rows.
  const evaluation = randomUUID();
  let answer: Evaluation = { evaluation, version, commit, inputs: {}, cells: [], invalid };
  if (others.length > 0 && !isPress) {
    const pinned = ask.version === null ? { version, commit } : {};
    // Those that are there no more by then are told as it is of all.
    answer = await again({ ...ask, ...pinned, cells: others })
      .then((text) => JSON.parse(text) as Evaluation)
      .catch((thrown: unknown) => {
        if (!(thrown instanceof HexError) || thrown.code === "HEX_CANCELLED") throw thrown;
        return answer;
      });
  }
  for (const cell of answer.cells) told.set(cell.name, cell);
  const names = computing.map(({ name }) => name);
  const cells = asked.map((name) => told.get(name) ?? toUntold(name, names));
  return JSON.stringify({ ...answer, cells } satisfies Evaluation);
}

function toLateResults({ standing, limitMs }: LateCells): readonly EvaluatedCell[] {
  const { asked, computing } = standing;
  const isAsked = ({ name }: EvaluatedCell) => asked.includes(name);
  const late = computing.map((cell) => toLate(cell, limitMs)).filter(isAsked);
  const below = asked.flatMap((name) => {
    const above = computing.filter((cell) => cell.below.includes(name));
    return above.length === 0 ? [] : toWaiting(name, above);
  });
  return [...late, ...below.filter(({ name }) => !late.some((cell) => cell.name === name))];
}

function toLate({ name, startedAt }: ComputingCell, limitMs: number): EvaluatedCell {
  const error = { code: "HEX_RUN_TIMEOUT", message: toSentence([name], limitMs) } as const;
  return { name, status: "failed", startedAt, elapsedMs: limitMs, error };
}

function toWaiting(name: string, above: readonly ComputingCell[]): EvaluatedCell {
  const names = above.map((cell) => cell.name).join(", ");
  const message = `Not computed: it waits for ${names}, which took too long and was stopped`;
  return { name, status: "skipped", elapsedMs: 0, error: { code: "HEX_RUN_TIMEOUT", message } };
}

function toUntold(name: string, late: readonly string[]): EvaluatedCell {
  const message = `Not told: ${late.join(", ")} took too long, and all that went on beside it was stopped`;
  return { name, status: "skipped", elapsedMs: 0, error: { code: "HEX_RUN_TIMEOUT", message } };
}

function toSentence(names: readonly string[], limitMs: number): string {
  const cells = names.length === 1 ? "cell" : "cells";
  return expectation("HEX_RUN_TIMEOUT", {
    place: `${cells} ${names.join(", ")}`,
    expected: `done within ${limitMs / 1000} s`,
    got: "longer, and was stopped",
    hint: "what takes long belongs into a cached cell, which is computed ahead of time",
  }).message;
}
