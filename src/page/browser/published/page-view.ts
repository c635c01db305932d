import type { PageRun } from "../../page-state.ts";
import type { PageModel } from "./page-model.ts";

/** All that a published page shows. */
export interface PageView {
  readonly phase: "opening" | "open" | "sign-in" | "failed";
  /** while it is open */
  readonly model: PageModel | undefined;
  /** the run that is to publish next */
  readonly run: PageRun | null;
  /** why it did not open, or why there is nothing new for the inputs */
  readonly trouble: string | null;
  /** whether the events of the server arrive */
  readonly isLive: boolean;
  /** why a run could not be started or cancelled */
  readonly refusal: string | null;
  /** whether the server has another page than the one that was loaded */
  readonly isChanged: boolean;
  /** what is said aloud when a new version has come */
  readonly news: string;
}

/** Before the server has answered. */
export const OPENING: PageView = {
  phase: "opening",
  model: undefined,
  run: null,
  trouble: null,
  isLive: true,
  refusal: null,
  isChanged: false,
  news: "",
};
