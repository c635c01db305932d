import { HexClientError } from "./client-error.ts";

/** How a server is reached. */
export interface Server {
  /** such as `https://hex.example.com/api/v1`, or without what begins with `/api` */
  readonly baseUrl: string;
  readonly token?: string | undefined;
  /** in place of the platform's own */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

export interface Asking {
  readonly method: "GET" | "POST" | "DELETE";
  /** below the API's address */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** whether a request may be made again of which nobody knows whether it arrived */
  readonly isSafe: boolean;
}

const TRIES = 5;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Asks until there is an answer. What a server refuses for now (429, 503) has not been done, so that
 * it is asked for again when the server says; a lost connection only where that is safe.
 *
 * @throws {HexClientError} for any other answer than success; the signal's reason; what `fetch` throws
 */
export async function askServer(server: Server, asking: Asking): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const answer = await askOnce(server, asking).catch((thrown: unknown) => {
      asking.signal?.throwIfAborted();
      if (!asking.isSafe || attempt === TRIES) throw thrown;
      return undefined;
    });
    if (answer?.ok) return answer;
    const isForNow = answer === undefined || answer.status === 429 || answer.status === 503;
    if (answer !== undefined && (!isForNow || attempt === TRIES)) throw await toError(answer);
    await answer?.body?.cancel();
    await pause(toPauseMs(answer, attempt), asking.signal);
  }
}

/** Waits. @throws the signal's reason */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function askOnce({ baseUrl, token, fetch = globalThis.fetch }: Server, asking: Asking) {
  const { method, path, headers, body, signal } = asking;
  const root = baseUrl.replace(/(?<!\/)\/+$/, "").replace(/\/api\/v1$/, "");
  return fetch(`${root}/api/v1${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    // The token is for this server alone.
    redirect: "error",
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  });
}

function toPauseMs(answer: Response | undefined, attempt: number): number {
  const seconds = Number(answer?.headers.get("retry-after") ?? Number.NaN);
  if (seconds >= 0) return Math.min(LONGEST_PAUSE_MS, seconds * 1_000);
  return PAUSE_MS * 2 ** (attempt - 1);
}

async function toError(answer: Response): Promise<HexClientError> {
  const text = await answer.text();
  try {
    return new HexClientError(answer.status, JSON.parse(text));
  } catch {
    // Something in between has answered, such as a proxy.
    return new HexClientError(answer.status, {});
  }
}
