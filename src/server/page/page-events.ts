import { isDeepStrictEqual } from "node:util";
import type { FastifyInstance } from "fastify";
import type { PageBuild, PageEvent, PageRun } from "../../page/page-state.ts";
import { openStreams } from "../event-stream.ts";
import type { PageSnapshot } from "./page-watch.ts";
import type { ServedPage } from "./served-page.ts";

/**
 * The events that one open page lacks: its build and the running run at once, then every change. A
 * slow page gets only the latest states.
 * @internal
 */
export class PageEvents {
  #first: number | undefined;
  #run: PageRun | null | undefined;
  #commit: string | null | undefined;
  #build: PageBuild | undefined;

  /** @param commit of the version that the page knows, when it listens again */
  constructor(commit: string | undefined) {
    this.#commit = commit;
  }

  /** The next event; undefined as long as nothing is new. */
  next({ look, version, commit, run, build }: PageSnapshot): PageEvent | undefined {
    this.#first ??= look;
    if (!isDeepStrictEqual(build, this.#build)) {
      this.#build = build;
      return { type: "build-told", build };
    }
    if (this.#run === undefined ? run !== null : !isDeepStrictEqual(run, this.#run)) {
      this.#run = run;
      return { type: "run-changed", run };
    }
    this.#run = run;
    if (!this.#isNew(commit, look)) return undefined;
    this.#commit = commit;
    if (commit === null) return undefined;
    return { type: "version-published", version, commit };
  }

  /**
   * A page that opens fetches the newest version at the same time: that one is sent a look later,
   * in case it has just missed it.
   */
  #isNew(commit: string | null, look: number): boolean {
    if (this.#commit === undefined && look === this.#first) return false;
    return commit !== this.#commit;
  }
}

/** The events of an open page, as server-sent events. */
export function addPageEventRoutes(app: FastifyInstance, { watch, findCaller }: ServedPage): void {
  const stream = openStreams(app, findCaller);
  // A HEAD request to an endless answer would wait for its end.
  const options = { config: { auth: "view", isStream: true }, exposeHeadRoute: false } as const;
  app.get("/page/events", options, async (request, reply) => {
    const events = new PageEvents(readCommit(request.headers["last-event-id"]));
    stream(request, reply, {
      look: () => {
        const { snapshot } = watch;
        return () => snapshot && toServerEvent(events.next(snapshot), snapshot);
      },
      listen: (onNews) => watch.listen(onNews),
    });
  });
}

function toServerEvent(event: PageEvent | undefined, { commit }: PageSnapshot) {
  return event && { name: event.type, data: event, id: commit ?? NO_COMMIT };
}

const NO_COMMIT = "0";

/** Other ids than ours are ignored. */
function readCommit(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && /^[\w-]{1,200}$/.test(header) ? header : undefined;
}
