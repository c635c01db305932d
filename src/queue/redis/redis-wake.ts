import type { Redis } from "ioredis";

/** Tells all processes of a queue that something may have changed; a call may get lost. */
export class RedisWake {
  readonly #client: Redis;
  readonly #channel: string;
  #listener: Redis | undefined;

  constructor(client: Redis, prefix: string) {
    this.#client = client;
    this.#channel = `${prefix}:wake`;
  }

  async call(): Promise<void> {
    await this.#client.publish(this.#channel, "");
  }

  /** Hears the calls from now on, also after the server was away. */
  listen(onCall: () => void): void {
    if (this.#listener !== undefined) return;
    const listener = this.#client.duplicate({
      maxRetriesPerRequest: null,
      socketTimeout: 0,
      lazyConnect: false,
    });
    this.#listener = listener;
    // Whoever listens also looks by itself, and is then told of what is wrong.
    listener.on("error", () => {});
    listener.on("message", onCall);
    listener.subscribe(this.#channel).catch(() => {});
  }

  close(): void {
    this.#listener?.disconnect();
  }
}
