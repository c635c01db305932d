import type { ConflictReason } from "./store.ts";

/** The answers to a write after which the document is read again to see what became of it. @internal */
export const UNCERTAIN_ANSWERS = [
  /** the condition does not hold: the document has changed (412) */
  "changed",
  /** nothing is there that could match (404 on If-Match) */
  "missing",
  /** the store decided nothing (409) */
  "undecided",
  /** no answer, or one that says nothing of the write: timeout, reset, 5xx; or no condition at all */
  "unknown",
] as const satisfies readonly (ConflictReason | "unknown")[];

export type UncertainAnswer = (typeof UNCERTAIN_ANSWERS)[number];

/** The document as it is read after a write, compared with the one that the write was built upon. @internal */
export const OBSERVATIONS = [
  /** our change is in it, perhaps below those of others */
  "own",
  /** it shows that somebody else was faster */
  "other",
  /** others have been there so often since that it no longer shows whether we were */
  "other-far-ahead",
  /** the document that we built upon, or still none */
  "unchanged",
  /** an older document than the one we built upon, or another one of its age */
  "gone-back",
  /** no document, though there was one that nobody removes */
  "vanished",
  /** it could not be read */
  "unreadable",
] as const;

export type Observation = (typeof OBSERVATIONS)[number];

/** Facts about a change. */
export type ChangeOutcome =
  | "won"
  /** certainly lost: build anew upon the newer document and try again */
  | "superseded"
  /** not there yet: try again */
  | "retry"
  /** nothing is certain: keep every object, and say so */
  | "unknown"
  /** the store contradicts itself, or somebody has meddled with it */
  | "alarm";

/**
 * The outcome of a change, from the answer to its write and from reading the document again. A change
 * that can be seen has won, whatever the answer: a repeated request can answer "changed" to its own
 * success.
 */
export function toChangeOutcome(answer: UncertainAnswer, observed: Observation): ChangeOutcome {
  switch (observed) {
    case "own":
      return "won";
    case "other":
      return "superseded";
    case "other-far-ahead":
      return answer === "changed" ? "superseded" : "unknown";
    case "unchanged":
      return "retry";
    case "gone-back":
    case "vanished":
      return "alarm";
    case "unreadable":
      return "unknown";
  }
}
