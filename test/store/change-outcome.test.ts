import { describe, expect, it } from "vitest";
import {
  type ChangeOutcome,
  OBSERVATIONS,
  type Observation,
  toChangeOutcome,
  UNCERTAIN_ANSWERS,
} from "../../src/store/change-outcome.ts";

type Row = readonly [ChangeOutcome, ChangeOutcome, ChangeOutcome, ChangeOutcome];

/** One column an answer of the write, in the order of UNCERTAIN_ANSWERS. */
const TABLE: Readonly<Record<Observation, Row>> = {
  //                  changed       missing       undecided     unknown
  own: ["won", "won", "won", "won"],
  other: ["superseded", "superseded", "superseded", "superseded"],
  "other-far-ahead": ["superseded", "unknown", "unknown", "unknown"],
  unchanged: ["retry", "retry", "retry", "retry"],
  "gone-back": ["alarm", "alarm", "alarm", "alarm"],
  vanished: ["alarm", "alarm", "alarm", "alarm"],
  unreadable: ["unknown", "unknown", "unknown", "unknown"],
};

describe.each(OBSERVATIONS)("a commit after which the manifest is %s", (observed) => {
  it.each(UNCERTAIN_ANSWERS.map((answer, index) => [answer, TABLE[observed][index]] as const))(
    "and whose write said %s: %s",
    (answer, outcome) => {
      expect(toChangeOutcome(answer, observed)).toBe(outcome);
    },
  );
});
