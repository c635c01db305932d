import type { Served } from "../served.ts";
import type { PageBuilds } from "./page-build.ts";
import type { PageContents } from "./page-contents.ts";
import type { PageWatch } from "./page-watch.ts";
import type { PublishingRuns } from "./publishing-runs.ts";

/** What the routes of the page answer from. */
export interface ServedPage extends Served {
  readonly contents: PageContents;
  readonly publishing: PublishingRuns;
  readonly watch: PageWatch;
  readonly builds: PageBuilds;
  /** the version whose frames viewers' runs were told to read ahead */
  readonly warmed: { version: number | null | undefined };
}
