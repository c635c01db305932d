import type { FastifyInstance } from "fastify";
import { cachePageAssets } from "../../page/page-assets.ts";
import { cacheDrawPage } from "../../page/still-page.ts";
import type { Served } from "../served.ts";
import { addAskRoutes } from "./ask-routes.ts";
import { addOpeningRoute } from "./opening-route.ts";
import { PageContents } from "./page-contents.ts";
import { addPageEventRoutes } from "./page-events.ts";
import { PageBuilds, PageWatch } from "./page-watch.ts";
import { PublishingRuns } from "./publishing-runs.ts";
import { PageStates } from "./read-state.ts";
import { addRefreshRoutes } from "./refresh-routes.ts";
import { addRunViewRoutes } from "./run-view-routes.ts";
import { addShellRoutes, needAssets, toSendShell } from "./shell-routes.ts";
import { addSignInRoutes } from "./sign-in.ts";
import { addStateRoutes } from "./state-routes.ts";

/** The published page, and what it asks for. */
export function addPageRoutes(app: FastifyInstance, served: Served): void {
  const { runs, log } = served;
  const onWarning = (message: string) => log({ level: "warn", event: "outputs-damaged", message });
  const contents = new PageContents(runs, onWarning);
  const publishing = new PublishingRuns(served);
  const { runtimeUrl, config } = runs;
  const readAssets = cachePageAssets(runtimeUrl);
  const builds = new PageBuilds(config, readAssets);
  const watch = new PageWatch({ ...served, publishing, builds });
  const page = { ...served, contents, publishing, watch, builds, warmed: { commit: undefined } };
  const shell = { readAssets, page: config.page, settings: served.settings };
  addShellRoutes(app, shell);
  const states = new PageStates(page);
  addOpeningRoute(app, page, {
    states,
    readAssets: needAssets(readAssets),
    readDrawPage: cacheDrawPage(runtimeUrl),
    sendShell: toSendShell(shell),
  });
  addSignInRoutes(app, served);
  addStateRoutes(app, states);
  addAskRoutes(app, page);
  addPageEventRoutes(app, page);
  addRefreshRoutes(app, page);
  addRunViewRoutes(app, served);
}
