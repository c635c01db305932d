import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { RunRecord } from "../run/history/run-record.ts";
import { EventStream } from "./event-stream.ts";
import { parseEventId } from "./log-cursor.ts";
import { RunEvents, type ToRun } from "./run-events.ts";
import { type RunFeed, RunFeeds } from "./run-feed.ts";
import type { Served } from "./served.ts";
import { startStream } from "./start-stream.ts";

/** Answers a request with the events of a run, until its end. */
export type StreamRun = (
  request: FastifyRequest,
  reply: FastifyReply,
  run: { readonly record: RunRecord; readonly toRun: ToRun },
) => void;

/** Who streams the events of runs of a group of routes; its streams end when the server closes. */
export function openRunStreams(app: FastifyInstance, served: Served): StreamRun {
  const { runs, log } = served;
  const onWarning = (message: string) => log({ level: "warn", event: "run-unseen", message });
  const feeds = new RunFeeds({ runs, onWarning });
  const streams = new Set<EventStream>();
  app.addHook("preClose", async () => {
    for (const stream of streams) stream.end();
  });
  return (request, reply, { record, toRun }) => {
    const events = new RunEvents(parseEventId(request.headers["last-event-id"]), toRun);
    const feed = feeds.open(record);
    const raw = startStream(reply);
    const tell = () => tellNew(stream, { feed, events, redact: runs.redact });
    const unlisten = feed.listen(tell);
    const stream = new EventStream(raw, {
      onReady: tell,
      onClose: () => {
        unlisten();
        streams.delete(stream);
      },
      isAllowed: () => isAllowed(request, served),
    });
    streams.add(stream);
    tell();
  };
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
    stream.send({ ...event, data: redact(event.data, "answer") });
  }
  if (events.isOver) stream.end();
}

/** A token that was revoked, or is over, listens no longer. */
async function isAllowed(request: FastifyRequest, { findCaller }: Served): Promise<boolean> {
  const caller = await findCaller(request);
  return caller.id === request.caller?.id;
}
