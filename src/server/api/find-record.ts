import type { FastifyRequest } from "fastify";
import type { RunRecord } from "../../run/history/run-record.ts";
import { HttpFailure } from "../http-failure.ts";
import type { Served } from "../served.ts";
import { checkProject, readUuid } from "./addresses.ts";

/**
 * The record of the run that an address names.
 * @throws {HttpFailure} 400, 404; HexError HEX_STORE_UNAVAILABLE
 */
export async function findRecord(request: FastifyRequest, served: Served): Promise<RunRecord> {
  checkProject(request, served);
  const { runId } = request.params as { readonly runId?: string };
  const record = await served.records.read(readUuid(runId, "run id"));
  if (record !== undefined) return record;
  throw new HttpFailure(404, "Expected the id of a run that this token may see, got another");
}
