import type {
  CsvRequest,
  EvaluateRequest,
  Evaluation,
  RowsAnswer,
  RowsRequest,
} from "../../../kernel/evaluation.ts";
import type { PageState } from "../../page-state.ts";
import { failureOf, PageFailure } from "./page-failure.ts";

/** How a request is made, beyond its path. */
export interface AskOptions {
  readonly method?: "GET" | "POST" | "DELETE";
  /** sent as JSON */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

const UNREACHABLE = "Expected the server to answer, got no connection to it";

/**
 * Asks the server for JSON; an answer without a body is undefined.
 * @throws {PageFailure} when there is no answer, or one that tells of an error
 */
export async function askJson<Answer>(path: string, options: AskOptions = {}): Promise<Answer> {
  const response = await send(path, options);
  if (!response.ok) throw await failureOf(response);
  const text = await whileConnected(() => response.text(), options.signal);
  if (text === "") return undefined as Answer;
  try {
    return JSON.parse(text);
  } catch {
    throw new PageFailure(response.status, `Expected JSON from ${path}, got something else`);
  }
}

export function askState(version?: number, signal?: AbortSignal): Promise<PageState> {
  const query = version === undefined ? "" : `?version=${version}`;
  return askJson(`/page/state${query}`, { signal });
}

export function askRun(ask: EvaluateRequest, signal?: AbortSignal): Promise<Evaluation> {
  return askJson("/page/run", { method: "POST", body: ask, signal });
}

export function askRows(ask: RowsRequest, signal?: AbortSignal): Promise<RowsAnswer> {
  return askJson("/page/rows", { method: "POST", body: ask, signal });
}

/** Where all rows that pass can be downloaded. */
export function csvAddress(ask: CsvRequest): string {
  return `/page/csv?ask=${encodeURIComponent(JSON.stringify(ask))}`;
}

/** Starts a run that publishes. */
export function askRefresh(): Promise<{ readonly runId: string }> {
  return askJson("/page/refresh", { method: "POST", body: {} });
}

export function cancelRefresh(runId: string): Promise<void> {
  return askJson(`/page/refresh/${encodeURIComponent(runId)}`, { method: "DELETE" });
}

export function signIn(token: string): Promise<void> {
  return askJson("/page/sign-in", { method: "POST", body: { token } });
}

export function signOut(): Promise<void> {
  return askJson("/page/sign-in", { method: "DELETE" });
}

function send(path: string, { method = "GET", body, signal }: AskOptions): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  const text = body === undefined ? null : JSON.stringify(body);
  const request: RequestInit = { method, headers, body: text, signal: signal ?? null };
  return whileConnected(() => fetch(path, request), signal);
}

/** A lost network is told as a failure; a request that was given up stays an AbortError. */
async function whileConnected<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new PageFailure(0, UNREACHABLE);
  }
}
