import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { EventStream } from "../event-stream.ts";
import { startStream } from "../start-stream.ts";
import { PageEvents } from "./page-events.ts";
import type { PageWatch } from "./page-watch.ts";
import type { ServedPage } from "./served-page.ts";

/** What happens while a page is open, as server-sent events. */
export function addPageEventRoutes(app: FastifyInstance, page: ServedPage): void {
  const streams = new Set<EventStream>();
  app.addHook("preClose", async () => {
    for (const stream of streams) stream.end();
  });
  // Who asks for the head of an endless answer would wait for its end.
  const options = { config: { auth: "view", isStream: true }, exposeHeadRoute: false } as const;
  app.get("/page/events", options, async (request, reply) =>
    streamEvents(request, reply, { ...page, streams }),
  );
}

interface ServedEvents extends ServedPage {
  readonly streams: Set<EventStream>;
}

function streamEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  { streams, watch, findCaller }: ServedEvents,
): void {
  const events = new PageEvents(readCommit(request.headers["last-event-id"]));
  const raw = startStream(reply);
  const tell = () => tellNew(stream, events, watch);
  const stream = new EventStream(raw, {
    onReady: tell,
    onClose: () => {
      unlisten();
      streams.delete(stream);
    },
    isAllowed: async () => (await findCaller(request)).id === request.caller?.id,
  });
  const unlisten = watch.listen(tell);
  streams.add(stream);
  tell();
}

/** Tells what is new as long as the page takes it. */
function tellNew(stream: EventStream, events: PageEvents, { sight }: PageWatch): void {
  while (sight !== undefined && stream.isReady) {
    const event = events.next(sight);
    if (event === undefined) return;
    stream.send({ name: event.type, data: event, id: sight.commit ?? NO_COMMIT });
  }
}

const NO_COMMIT = "0";

/** Other ids than ours say nothing. */
function readCommit(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && /^[\w-]{1,200}$/.test(header) ? header : undefined;
}
