import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { findCaller } from "../caller.ts";
import { EventStream } from "../event-stream.ts";
import { parseEventId } from "../log-cursor.ts";
import { RunEvents } from "../run-events.ts";
import { type RunFeed, RunFeeds } from "../run-feed.ts";
import type { Served } from "../served.ts";
import { API } from "./addresses.ts";
import { findRecord } from "./find-record.ts";
import { toAround } from "./run-around.ts";
import { toRunStatus } from "./run-status.ts";

/** What happens in a run, as server-sent events until its end. */
export function addEventRoutes(app: FastifyInstance, served: Served): void {
  const { runs, log } = served;
  const onWarning = (message: string) => log({ level: "warn", event: "run-unseen", message });
  const feeds = new RunFeeds({ runs, onWarning });
  const streams = new Set<EventStream>();
  app.addHook("preClose", async () => {
    for (const stream of streams) stream.end();
  });
  // Who asks for the head of an endless answer would wait for its end.
  const options = { config: { auth: "read", isStream: true }, exposeHeadRoute: false } as const;
  app.get(`${API}/projects/:projectId/runs/:runId/events`, options, (request, reply) =>
    streamEvents(request, reply, { ...served, feeds, streams }),
  );
}

interface ServedEvents extends Served {
  readonly feeds: RunFeeds;
  readonly streams: Set<EventStream>;
}

async function streamEvents(request: FastifyRequest, reply: FastifyReply, served: ServedEvents) {
  const record = await findRecord(request, served);
  const around = await toAround(request, served);
  const events = new RunEvents(parseEventId(request.headers["last-event-id"]), (current) =>
    toRunStatus(current, { ...around, nowMs: served.now() }),
  );
  const feed = served.feeds.open(record);
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) raw.setHeader(name, value ?? "");
  // Proxies that gather answers would keep events back.
  raw.setHeader("x-accel-buffering", "no");
  raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  const tell = () => tellNew(stream, { feed, events, redact: served.runs.redact });
  const unlisten = feed.listen(tell);
  const stream = new EventStream(raw, {
    onReady: tell,
    onClose: () => {
      unlisten();
      served.streams.delete(stream);
    },
    isAllowed: () => isAllowed(request, served),
  });
  served.streams.add(stream);
  tell();
}

interface Telling {
  readonly feed: RunFeed;
  readonly events: RunEvents;
  readonly redact: Served["runs"]["redact"];
}

/** Tells what is new as long as the client takes it. */
function tellNew(stream: EventStream, { feed, events, redact }: Telling): void {
  const { sight } = feed;
  while (sight !== undefined && stream.isReady) {
    const event = events.next(sight);
    if (event === undefined) break;
    stream.send({ ...event, data: redact(event.data) });
  }
  if (events.isOver) stream.end();
}

/** A token that was revoked, or is over, listens no longer. */
async function isAllowed(request: FastifyRequest, { tokens, settings }: Served): Promise<boolean> {
  const caller = await findCaller(request, { tokens, host: settings.host });
  return caller.id === request.caller?.id;
}
