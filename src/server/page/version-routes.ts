import type { FastifyInstance, FastifyRequest } from "fastify";
import { HexError } from "../../errors.ts";
import type {
  ListedVersion,
  RolledBack,
  VersionComparison,
  VersionList,
} from "../../page/history-state.ts";
import { openVersion } from "../../store/version.ts";
import { toVersionDifference } from "../../store/version-difference.ts";
import { listForeign, listVersions } from "../../store/versions.ts";
import { rollBack } from "../../work/versions.ts";
import { mayDo } from "../caller.ts";
import { HttpFailure } from "../http-failure.ts";
import { type Query, readOne } from "../query.ts";
import { packLong } from "../send.ts";
import type { Served } from "../served.ts";

const LIST = "/page/versions";

/** The versions that are kept: a list, a comparison of two, and going back to one. */
export function addVersionRoutes(app: FastifyInstance, served: Served): void {
  const look = { config: { auth: "read" }, onSend: packLong } as const;
  const change = { config: { auth: "admin" } } as const;
  app.get(LIST, look, async ({ caller }): Promise<VersionList> => {
    const versions = await listVersions(served.runs.store);
    const foreign = listForeign(await served.newest.read());
    return {
      versions: versions.map(({ commitId: _, ...told }): ListedVersion => told),
      foreign,
      mayRollBack: caller !== null && mayDo(caller, "admin"),
    };
  });
  app.get(`${LIST}/compare`, look, (request) => compare(request.query as Query, served));
  app.post(`${LIST}/:version/rollback`, change, (request) => goBack(request, served));
}

async function compare(query: Query, { runs: { store } }: Served): Promise<VersionComparison> {
  const from = readGeneration(readOne(query, "from"), "from");
  const to = readGeneration(readOne(query, "to"), "to");
  const [before, after] = await Promise.all([findCommit(store, from), findCommit(store, to)]);
  return toVersionDifference(before, after);
}

async function findCommit(store: Served["runs"]["store"], generation: number) {
  const { commit } = await orUnknown(() => openVersion(store, { generation }));
  if (commit === undefined) throw new Error("a version that is named has a commit");
  return commit;
}

async function goBack(request: FastifyRequest, { runs, log }: Served): Promise<RolledBack> {
  const { version: asked } = request.params as { readonly version?: string };
  const rollbackTo = readGeneration(asked, "the version");
  const { caller, id: requestId } = request;
  const publishedBy = caller?.name ?? "nobody";
  const onWarning = (message: string) => log({ level: "warn", event: "rollback-warned", message });
  const signal = new AbortController().signal;
  const version = await orUnknown(() =>
    rollBack(runs, rollbackTo, { publishedBy, onWarning, signal }),
  );
  log({ level: "info", event: "rolled-back", requestId, version, rollbackTo });
  return { version, rollbackTo };
}

/** @throws {HttpFailure} 404 for a version that is not kept */
async function orUnknown<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (thrown) {
    if (!(thrown instanceof HexError && thrown.code === "HEX_USAGE")) throw thrown;
    throw new HttpFailure(404, "Expected the number of a version that is kept, got another");
  }
}

function readGeneration(text: string | undefined, place: string): number {
  if (text !== undefined && /^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new HttpFailure(400, `Expected ${place} to be the number of a version, got another text`);
}
