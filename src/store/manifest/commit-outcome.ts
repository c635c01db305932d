/** What a write of the manifest said. */
export const WRITE_ANSWERS = [
  /** the condition held and the write took place */
  "written",
  /** the condition does not hold: the manifest has changed (412) */
  "changed",
  /** nothing is there that could match (404 on If-Match) */
  "missing",
  /** the store decided nothing (409) */
  "undecided",
  /** no answer, or one that says nothing of the write: timeout, reset, 5xx; or no condition at all */
  "unknown",
] as const;

export type WriteAnswer = (typeof WRITE_ANSWERS)[number];

/** What reading the manifest again shows, compared with the one that the commit was built upon. */
export const SIGHTS = [
  /** our commit is the newest one */
  "own-newest",
  /** our commit is in the history */
  "own-earlier",
  /** the history shows that somebody else has the generation we wrote */
  "other",
  /** there is a newer generation, and the history no longer goes back to ours */
  "other-far-ahead",
  /** the manifest that we built upon, or still none */
  "unchanged",
  /** an older manifest than the one we built upon, or another one of its generation */
  "gone-back",
  /** no manifest, though there was one */
  "vanished",
  /** it could not be read */
  "unreadable",
] as const;

export type Sight = (typeof SIGHTS)[number];

/** What is now known of a commit. */
export type CommitOutcome =
  | "won"
  /** certainly lost: build anew upon the newer manifest and try again */
  | "superseded"
  /** not there yet: try the same commit again */
  | "retry"
  /** nothing is certain: keep every object, and say so */
  | "unknown"
  /** the store contradicts itself, or somebody has meddled with it */
  | "alarm";

/**
 * What became of a commit, from what its write said and what reading the manifest again shows. A
 * commit that can be seen has won, whatever its write said: a repeated request can answer "changed"
 * to its own success.
 */
export function toCommitOutcome(answer: WriteAnswer, sight: Sight): CommitOutcome {
  switch (sight) {
    case "own-newest":
    case "own-earlier":
      return "won";
    case "other":
      // Told as written, and then overwritten: the store does not keep conditions.
      return answer === "written" ? "alarm" : "superseded";
    case "other-far-ahead":
      return OUTCOMES_FAR_AHEAD[answer];
    case "unchanged":
      return answer === "written" ? "alarm" : "retry";
    case "gone-back":
    case "vanished":
      return "alarm";
    case "unreadable":
      return answer === "written" ? "won" : "unknown";
  }
}

/** Where the history no longer tells, the write's own word has to do. */
const OUTCOMES_FAR_AHEAD: Readonly<Record<WriteAnswer, CommitOutcome>> = {
  written: "won",
  changed: "superseded",
  missing: "unknown",
  undecided: "unknown",
  unknown: "unknown",
};
