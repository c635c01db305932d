import type { FastifyRequest } from "fastify";
import { toBaseUrl } from "../hosts.ts";
import type { Served } from "../served.ts";
import { toUrl } from "./addresses.ts";
import type { RunAround } from "./run-status.ts";

/** What is told of any run in answer to a request. @throws {HexError} HEX_STORE_UNAVAILABLE */
export async function toAround(request: FastifyRequest, served: Served): Promise<RunAround> {
  const { number } = await served.newest.read();
  return {
    projectId: served.projectId,
    toRunUrl: toRunUrl(request, served),
    toRunStatusUrl: toRunStatusUrl(request, served),
    traceId: request.id,
    newestVersion: number,
    nowMs: served.now(),
  };
}

/** The addresses of the pages of runs, as the caller would reach them. */
export function toRunUrl(
  { headers }: FastifyRequest,
  { settings }: Served,
): (runId: string) => string {
  const base = toBaseUrl(headers.host ?? "127.0.0.1", settings);
  return (runId) => `${base}/runs/${runId}`;
}

/** The addresses of the states of runs, as the caller would reach them. */
export function toRunStatusUrl(request: FastifyRequest, served: Served): (runId: string) => string {
  return (runId) => toUrl(request, `/projects/${served.projectId}/runs/${runId}`, served);
}
