import type { FastifyRequest } from "fastify";
import type { RunRecord } from "../../run/history/run-record.ts";
import { toBaseUrl } from "../hosts.ts";
import { HttpFailure } from "../http-failure.ts";
import type { Served } from "../served.ts";

/** The start of all addresses of the API. */
export const API = "/api/v1";

/** The size of a page of a list. */
export const PAGE_LIMIT = { from: 1, to: 100, unless: 25 } as const;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * A UUID out of an address or a query, in small letters.
 * @throws {HttpFailure} 400
 */
export function readUuid(text: unknown, place: string): string {
  if (typeof text === "string" && UUID.test(text)) return text.toLowerCase();
  throw new HttpFailure(400, `Expected the ${place} to be a UUID, got another text`);
}

/**
 * Makes sure that an address names the project which this server serves.
 * @throws {HttpFailure} 400, 404
 */
export function checkProject(request: FastifyRequest, { projectId }: Served): void {
  const { projectId: asked } = request.params as { readonly projectId?: string };
  if (readUuid(asked, "project id") === projectId) return;
  throw new HttpFailure(404, "Expected the id of a project that this token may see, got another");
}

/** The absolute address of a path below the API, as the caller would reach it. */
export function toUrl(request: FastifyRequest, path: string, { settings }: Served): string {
  return `${toBaseUrl(request.headers.host ?? "127.0.0.1", settings)}${API}${path}`;
}

/**
 * The record of the run that an address of the API names.
 * @throws {HttpFailure} 400, 404; HexError HEX_STORE_UNAVAILABLE
 */
export async function findRecord(request: FastifyRequest, served: Served): Promise<RunRecord> {
  checkProject(request, served);
  return findRun(request, served, "this token may see");
}

/**
 * The record of the run that an address names.
 * @param which of them it can be, for the message
 * @throws {HttpFailure} 400, 404; HexError HEX_STORE_UNAVAILABLE
 */
export async function findRun(
  { params }: FastifyRequest,
  { records }: Pick<Served, "records">,
  which = "history still keeps",
): Promise<RunRecord> {
  const { runId } = params as { readonly runId?: string };
  const record = await records.read(readUuid(runId, "run id"));
  if (record !== undefined) return record;
  throw new HttpFailure(404, `Expected the id of a run that ${which}, got another`);
}
