import type { Served } from "../served.ts";
import type { PageContents } from "./page-contents.ts";
import type { PageBuilds, PageWatch } from "./page-watch.ts";
import type { PublishingRuns } from "./publishing-runs.ts";

/** State that the routes of the page share. */
export interface ServedPage extends Served {
  readonly contents: PageContents;
  readonly publishing: PublishingRuns;
  readonly watch: PageWatch;
  readonly builds: PageBuilds;
  /** id of the version whose frames viewers' processes have read ahead */
  readonly warmed: { commit: string | null | undefined };
}
