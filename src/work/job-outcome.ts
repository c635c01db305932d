import type { EndAnswer } from "../queue/queue.ts";
import type { RunStatus } from "../run/run-event.ts";

/** What a worker has made of a job that it claimed. */
export type JobOutcome =
  /** it has ended, as this for its run */
  | RunStatus
  /** its process or its surroundings failed, and another attempt follows */
  | "retried"
  /** the worker gave it back, since it shuts down or cannot reach the store */
  | "handed-back"
  /** nothing that was done counts: another worker has it, or will have it */
  | "lost"
  /** there was nothing to do any more */
  | "surplus";

/** What an attempt without a result has come to, by what the queue made of its end. */
export function toJobOutcome(answer: EndAnswer, isQueued: "retried" | "handed-back"): JobOutcome {
  switch (answer) {
    case "queued":
      return isQueued;
    case "dead":
      return "failed";
    case "finished":
      return "completed";
    case "cancelled":
    case "lost":
      return answer;
  }
}
