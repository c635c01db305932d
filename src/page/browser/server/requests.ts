import type {
  CsvRequest,
  EvaluateRequest,
  Evaluation,
  RowsAnswer,
  RowsRequest,
} from "../../../kernel/evaluation.ts";
import type { PageState } from "../../page-state.ts";

/** How a request is made, beyond its path. */
export interface RequestOptions {
  readonly method?: "GET" | "POST" | "DELETE";
  /** sent as JSON */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

const UNREACHABLE = "Expected the server to answer, got no connection to it";

/**
 * Asks the server for JSON; an answer without a body is undefined.
 * @throws {RequestFailure} when there is no answer, or an error
 */
export async function fetchJson<Answer>(
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const response = await send(path, options);
  if (!response.ok) throw await failureOf(response);
  const text = await whileConnected(() => response.text(), options.signal);
  if (text === "") return undefined as Answer;
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestFailure(response.status, `Expected JSON from ${path}, got something else`);
  }
}

export function fetchState(version?: number, signal?: AbortSignal): Promise<PageState> {
  const query = version === undefined ? "" : `?version=${version}`;
  return fetchJson(`/page/state${query}`, { signal });
}

export function evaluate(body: EvaluateRequest, signal?: AbortSignal): Promise<Evaluation> {
  return fetchJson("/page/run", { method: "POST", body, signal });
}

export function fetchRows(body: RowsRequest, signal?: AbortSignal): Promise<RowsAnswer> {
  return fetchJson("/page/rows", { method: "POST", body, signal });
}

/** Where all rows that pass can be downloaded. */
export function csvAddress(prefix: "/page" | "/notebook", request: CsvRequest): string {
  return `${prefix}/csv?ask=${encodeURIComponent(JSON.stringify(request))}`;
}

/** Starts a run that publishes. */
export function startRefresh(): Promise<{ readonly runId: string }> {
  return fetchJson("/page/refresh", { method: "POST", body: {} });
}

export function cancelRefresh(runId: string): Promise<void> {
  return fetchJson(`/page/refresh/${encodeURIComponent(runId)}`, { method: "DELETE" });
}

export function signIn(token: string): Promise<void> {
  return fetchJson("/page/sign-in", { method: "POST", body: { token } });
}

export function signOut(): Promise<void> {
  return fetchJson("/page/sign-in", { method: "DELETE" });
}

function send(path: string, { method = "GET", body, signal }: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  const text = body === undefined ? null : JSON.stringify(body);
  const request: RequestInit = { method, headers, body: text, signal: signal ?? null };
  return whileConnected(() => fetch(path, request), signal);
}

/** A lost network is a failure; a request that was given up stays an AbortError. */
async function whileConnected<T>(request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestFailure(0, UNREACHABLE);
  }
}

/** Why the server did not give what a page asked for: one sentence for the viewer. */
export class RequestFailure extends Error {
  /** HTTP status; 0 when there was no answer at all */
  readonly status: number;
  /** how long to wait before asking again, in milliseconds, where the server says so */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, message: string, retryAfterMs?: number) {
    super(message);
    this.name = "RequestFailure";
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether what was asked for is not held any more, as an evaluation that was dropped. */
  get isGone(): boolean {
    return this.status === 410;
  }

  /** Whether the same request may well succeed a little later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

/** The failure in an answer. */
async function failureOf(response: Response): Promise<RequestFailure> {
  const sentence = sentenceIn(await response.text().catch(() => ""));
  const message = sentence ?? `Expected an answer, got HTTP status ${response.status}`;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new RequestFailure(
    response.status,
    message,
    Number.isFinite(seconds) ? seconds * 1_000 : undefined,
  );
}

/** The sentence of an error's JSON; undefined for anything else, such as a proxy's page. */
function sentenceIn(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null) return undefined;
    const { message, reason } = body as Readonly<Record<string, unknown>>;
    return [message, reason].find((each) => typeof each === "string" && each !== "") as
      | string
      | undefined;
  } catch {
    return undefined;
  }
}
