import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "./caller.ts";

export interface ServerEvent {
  /** what it is called, such as `cell-changed` */
  readonly name: string;
  /** plain JSON */
  readonly data: unknown;
  /** where to go on after a lost connection */
  readonly id: string;
}

/** After this a client reconnects. */
const RETRY_MS = 2_000;
/** Something is sent this often, so that no proxy takes the connection for a dead one. */
const BEAT_MS = 15_000;
/** A client that takes nothing for this long is dropped. */
const STUCK_MS = 30_000;

/** @internal */
export interface EventStreamOptions {
  /** asked for more whenever the client has taken what it was sent */
  readonly onReady: () => void;
  readonly onClose: () => void;
  /** whether the client may still listen; asked at every beat, and a failure is a no */
  readonly isAllowed: () => Promise<boolean>;
  /** milliseconds, as is the next; defaults 15 s and 30 s */
  readonly beatMs?: number;
  readonly stuckMs?: number;
}

/** A stream of events to one client, which buffers no more than one write leaves behind. @internal */
export class EventStream {
  readonly #raw: ServerResponse;
  readonly #options: EventStreamOptions;
  readonly #beats: NodeJS.Timeout;
  #stuck: NodeJS.Timeout | undefined;

  /** @param raw whose headers have been written */
  constructor(raw: ServerResponse, options: EventStreamOptions) {
    this.#raw = raw;
    this.#options = options;
    this.#beats = setInterval(() => void this.#beat(), options.beatMs ?? BEAT_MS);
    raw.on("drain", () => {
      clearTimeout(this.#stuck);
      options.onReady();
    });
    raw.once("close", () => {
      clearInterval(this.#beats);
      clearTimeout(this.#stuck);
      options.onClose();
    });
    raw.on("error", () => raw.destroy());
    this.#write(`retry: ${RETRY_MS}\n\n`);
  }

  /** Whether the client has taken everything, so that more may be sent. */
  get isReady(): boolean {
    return !this.#raw.writableNeedDrain && !this.#raw.writableEnded && !this.#raw.destroyed;
  }

  /** JSON has no line breaks of its own, so that every event is one line of data. */
  send({ name, data, id }: ServerEvent): void {
    this.#write(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    if (!this.#raw.writableEnded) this.#raw.end();
  }

  async #beat(): Promise<void> {
    const isAllowed = await this.#options.isAllowed().catch(() => false);
    if (!isAllowed) this.end();
    else if (this.isReady) this.#write(": still here\n\n");
  }

  #write(text: string): void {
    if (this.#raw.write(text)) return;
    clearTimeout(this.#stuck);
    const { stuckMs = STUCK_MS } = this.#options;
    this.#stuck = setTimeout(() => this.#raw.destroy(), stuckMs);
  }
}

/** Events of one listener. */
interface EventSource {
  /** looks at what is known now; the function gives the next event that the listener lacks */
  readonly look: () => () => ServerEvent | undefined;
  /** calls back when there may be news, until the returned function is called */
  readonly listen: (onNews: () => void) => () => void;
  /** whether nothing comes any more; never unless given */
  readonly isOver?: () => boolean;
}

type StreamEvents = (request: FastifyRequest, reply: FastifyReply, source: EventSource) => void;

/**
 * Streams events to clients as long as each takes them; all streams end when the server closes.
 * @param findCaller ends the stream of a caller whom it refuses; all may listen unless given
 */
export function openStreams(
  app: FastifyInstance,
  findCaller?: (request: FastifyRequest) => Caller | Promise<Caller>,
): StreamEvents {
  const streams = new Set<EventStream>();
  app.addHook("preClose", async () => {
    for (const stream of streams) stream.end();
  });
  return (request, reply, { look, listen, isOver = () => false }) => {
    const send = () => {
      const next = look();
      while (stream.isReady) {
        const event = next();
        if (event === undefined) break;
        stream.send(event);
      }
      if (isOver()) stream.end();
    };
    const raw = startStream(reply);
    const unlisten = listen(send);
    const stream = new EventStream(raw, {
      onReady: send,
      onClose: () => {
        unlisten();
        streams.delete(stream);
      },
      isAllowed: async () =>
        findCaller === undefined || (await findCaller(request)).id === request.caller?.id,
    });
    streams.add(stream);
    send();
  };
}

/** Sends the headers of a stream of events; the rest of the answer is ours. */
function startStream(reply: FastifyReply): FastifyReply["raw"] {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) raw.setHeader(name, value ?? "");
  // Proxies that gather answers would keep events back.
  raw.setHeader("x-accel-buffering", "no");
  raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  return raw;
}
