import type { ServerResponse } from "node:http";

export interface ServerEvent {
  /** what it is called, such as `cell-changed` */
  readonly name: string;
  /** plain JSON */
  readonly data: unknown;
  /** where to go on after a lost connection */
  readonly id: string;
}

/** After so long a client asks again whose connection was lost. */
const RETRY_MS = 2_000;
/** So often something is sent, so that nobody in between takes the connection for a dead one. */
const BEAT_MS = 15_000;
/** A client that takes nothing for so long is dropped. */
const STUCK_MS = 30_000;

export interface EventStreamOptions {
  /** asked for more whenever the client has taken what it was sent */
  readonly onReady: () => void;
  readonly onClose: () => void;
  /** whether the client may still listen; asked at every beat, and a failure is a no */
  readonly isAllowed: () => Promise<boolean>;
  /** milliseconds, as is the next; 15 s and 30 s unless told */
  readonly beatMs?: number;
  readonly stuckMs?: number;
}

/** A stream of events to one client: never more waits for it than what one write leaves behind. */
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
