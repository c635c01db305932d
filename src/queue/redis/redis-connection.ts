import { Redis, ReplyError } from "ioredis";
import { expectation, type HexError, toMessage } from "../../errors.ts";

export interface RedisPlace {
  /** `redis://host:port/database` or `rediss://…`, without user and password */
  readonly url: string;
  /** keeps the queues of several projects on one server apart */
  readonly name: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** A call to a server that does not answer fails after so long. */
const ANSWER_MS = 5_000;

/**
 * A connection that gives up soon: each call says that the server is away, instead of waiting for
 * it, and nothing that was given up is sent once the server is back.
 */
export class RedisConnection {
  readonly client: Redis;
  readonly prefix: string;
  readonly #location: string;
  #listener: Redis | undefined;
  #failure: Error | undefined;

  constructor({ url, name, username, password }: RedisPlace) {
    this.#location = url;
    this.prefix = `hex:${name}`;
    this.client = new Redis(url, {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      lazyConnect: true,
      connectTimeout: 2_000,
      socketTimeout: ANSWER_MS,
      maxRetriesPerRequest: 1,
      autoResendUnfulfilledCommands: false,
      retryStrategy: (times) => Math.min(50 * 2 ** times, 1_000),
    });
    // The fault of the connection says more than that a command was given up for it.
    this.client.on("error", (error) => {
      this.#failure = error;
    });
    this.client.on("ready", () => {
      this.#failure = undefined;
    });
  }

  /**
   * Does some work with the server.
   * @param work asks `isLate` whether its caller has given up already
   * @throws {HexError} HEX_QUEUE_UNAVAILABLE; it is unknown then whether the work was done
   */
  async ask<T>(work: (isLate: () => boolean) => Promise<T>): Promise<T> {
    try {
      return await withinAnswerTime(async (isLate) => {
        // Nothing is sent before the server is there: it must not be done at some later time.
        if (this.client.status !== "ready") await this.client.ping();
        return work(isLate);
      });
    } catch (error) {
      const isUnclear = error instanceof Error && /^(Max|Abort|NoAnswer)/.test(error.name);
      throw toRedisFailure((isUnclear && this.#failure) || error, this.#location);
    }
  }

  /**
   * Hears when something may have changed, also after the server was away; a message may get lost.
   * @param onChange told the id of the job whose worker is to stop; empty for any other change
   * @param onListening from now on it hears
   */
  listen(onChange: (id: string) => void, onListening: () => void): void {
    if (this.#listener !== undefined) return;
    const listener = this.client.duplicate({
      maxRetriesPerRequest: null,
      socketTimeout: 0,
      lazyConnect: false,
    });
    this.#listener = listener;
    // Claims that wait also look by themselves, and then meet the fault.
    listener.on("error", () => {});
    listener.on("message", (_, id) => onChange(id));
    // A connection that is cut while it is made gives up what it was to send.
    listener.on("ready", () => {
      listener.subscribe(`${this.prefix}:wake`).then(onListening, () => {});
    });
  }

  close(): void {
    this.#listener?.disconnect();
    this.client.disconnect();
  }
}

async function withinAnswerTime<T>(work: (isLate: () => boolean) => Promise<T>): Promise<T> {
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(new NoAnswer());
    }, ANSWER_MS);
  });
  try {
    return await Promise.race([work(() => isLate), late]);
  } finally {
    clearTimeout(timer);
  }
}

interface Cause {
  readonly expected: string;
  readonly got: string;
  readonly hint: string;
}

/** Thrown where a server takes longer than a caller may wait. */
class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

const NETWORK: Readonly<Record<string, readonly [got: string, hint: string]>> = {
  ECONNREFUSED: ["nothing listens there", "start the server, or correct `queue`"],
  ENOTFOUND: ["no such host", "check the network, or correct `queue`"],
  EAI_AGAIN: ["the host name cannot be looked up", "check the network and its name server"],
  EHOSTUNREACH: ["no way to the host", "check the network"],
  ENETUNREACH: ["no network", "check the network"],
  ETIMEDOUT: ["no answer in time", "check the network and a firewall, or correct `queue`"],
  ECONNRESET: ["the connection was cut", "try again; if it stays so, check the server"],
  EPIPE: ["the connection was cut", "try again; if it stays so, check the server"],
};

const CREDENTIALS = "name the right secrets in `queue.username` and `queue.password`";

/** The first word of an answer by which Redis refuses. */
const REFUSALS: Readonly<Record<string, Cause>> = {
  NOAUTH: { expected: "open to us", got: "NOAUTH, it asks for a password", hint: CREDENTIALS },
  WRONGPASS: { expected: "open to us", got: "WRONGPASS, the wrong password", hint: CREDENTIALS },
  NOPERM: {
    expected: "open to us",
    got: "NOPERM, the user may not do that",
    hint: "allow the user all commands on the keys hex:* (ACL SETUSER … ~hex:* &hex:* +@all)",
  },
  OOM: {
    expected: "ready to keep more",
    got: "OOM, its memory is full",
    hint: "raise `maxmemory` of the server, or let workers run what waits",
  },
  READONLY: {
    expected: "the server that writes",
    got: "READONLY, a replica",
    hint: "point `queue` to the primary server",
  },
  LOADING: {
    expected: "ready",
    got: "LOADING, it still reads its data",
    hint: "try again in a moment",
  },
  MISCONF: {
    expected: "able to keep what it is given",
    got: "MISCONF, it cannot write to its disk",
    hint: "look into the server's log",
  },
};

/** Refusals that no waiting mends. */
const LASTING = /^(NOAUTH|WRONGPASS|NOPERM|ERR|WRONGTYPE)\b/;

/** A failure of the server or the way to it, in a sentence; a bug comes back as it was. */
function toRedisFailure(thrown: unknown, location: string): unknown {
  const cause = toCause(thrown);
  return cause === undefined ? thrown : unavailable(location, cause, thrown);
}

/** The answer of a server; one older than 7.0 wraps the answer to a command of a script. */
function toAnswer(thrown: unknown): string {
  return toMessage(thrown).replace(/^ERR Error running script .*?: -/, "");
}

/** Whether a failure may pass by itself: the server is away, starts, or is short of something. */
export function isTransientOutage(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause !== undefined && !LASTING.test(toAnswer(cause)) && !isTlsCode(toCode(cause));
}

function toCause(thrown: unknown): Cause | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if (thrown instanceof NoAnswer) return toNetworkCause("ETIMEDOUT");
  const code = toCode(thrown);
  if (isTlsCode(code)) {
    const hint = "correct `queue`, or trust its certificate by NODE_EXTRA_CA_CERTS=<file.pem>";
    return { expected: "reachable over TLS", got: code, hint };
  }
  if (/^[A-Z]+$/.test(code) && code !== "ERR") return toNetworkCause(code);
  return toAnswerCause(thrown);
}

function toNetworkCause(code: string): Cause {
  const [got, hint] = NETWORK[code] ?? ["", "check the network and the server"];
  return { expected: "reachable", got: got === "" ? code : `${code}, ${got}`, hint };
}

/** Messages of a client without a connection; the names of its errors do not outlive bundling. */
const NO_CONNECTION =
  /^(Connection is closed|Stream isn't writeable|Socket timeout|Command aborted|Reached the max retries per request)/;

/** Reads the answer of Redis, or the message of its client when there is no connection. */
function toAnswerCause(thrown: Error): Cause | undefined {
  const message = toAnswer(thrown);
  const word = /^[A-Z]+(?= |$)/.exec(message)?.[0];
  const refusal = word === undefined ? undefined : REFUSALS[word];
  if (refusal !== undefined) return refusal;
  if (thrown instanceof ReplyError || message.startsWith("Protocol error")) {
    const hint = "check that it is a Redis server of version 6.2 or newer";
    return { expected: "ready to answer", got: word ?? "an answer that is none", hint };
  }
  return NO_CONNECTION.test(message) ? toNetworkCause("ECONNRESET") : undefined;
}

function unavailable(location: string, { expected, got, hint }: Cause, cause: unknown): HexError {
  const place = `the Redis server ${location}`;
  const options = { cause: withoutCommand(cause) };
  return expectation("HEX_QUEUE_UNAVAILABLE", { place, expected, got, hint }, options);
}

/** The client hangs the command on its errors, and with it a password or a payload. */
function withoutCommand(thrown: unknown): Error {
  const { name, message } = Object(thrown);
  return Object.assign(new Error(message), { name, code: toCode(thrown) });
}

function toCode(thrown: unknown): string {
  const { code }: { readonly code?: unknown } = Object(thrown);
  return typeof code === "string" ? code : "";
}

function isTlsCode(code: string): boolean {
  return /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)|^EPROTO$/.test(code);
}
