import { describe, expect, it } from "vitest";
import {
  type CommitOutcome,
  SIGHTS,
  type Sight,
  toCommitOutcome,
  WRITE_ANSWERS,
} from "../../src/store/manifest/commit-outcome.ts";

type Row = readonly [CommitOutcome, CommitOutcome, CommitOutcome, CommitOutcome, CommitOutcome];

/** One column an answer of the write, in the order of WRITE_ANSWERS. */
const TABLE: Readonly<Record<Sight, Row>> = {
  //                  written    changed       missing       undecided     unknown
  "own-newest": ["won", "won", "won", "won", "won"],
  "own-earlier": ["won", "won", "won", "won", "won"],
  other: ["alarm", "superseded", "superseded", "superseded", "superseded"],
  "other-far-ahead": ["won", "superseded", "unknown", "unknown", "unknown"],
  unchanged: ["alarm", "retry", "retry", "retry", "retry"],
  "gone-back": ["alarm", "alarm", "alarm", "alarm", "alarm"],
  vanished: ["alarm", "alarm", "alarm", "alarm", "alarm"],
  unreadable: ["won", "unknown", "unknown", "unknown", "unknown"],
};

describe.each(SIGHTS)("a commit after which the manifest is %s", (sight) => {
  it.each(WRITE_ANSWERS.map((answer, index) => [answer, TABLE[sight][index]] as const))(
    "and whose write said %s: %s",
    (answer, outcome) => {
      expect(toCommitOutcome(answer, sight)).toBe(outcome);
    },
  );
});
