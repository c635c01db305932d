import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { Registry } from "prom-client";
import { expectation, HexError } from "../errors.ts";
import type { Viewers } from "../kernel/evaluation.ts";
import { openViewers } from "../kernel/viewers.ts";
import { framesShown } from "../project/project-description.ts";
import { LOOKED_FOLDER, MADE_FILE } from "../project/project-notes.ts";
import { warnOfCommonSecrets } from "../project/secrets.ts";
import type { ServerSettings } from "../project/server-settings.ts";
import { type TokenProof, TokenProver } from "../project/token-proof.ts";
import { listTokens } from "../project/tokens.ts";
import { HOUR, MINUTE } from "../text.ts";
import { DescribedProject } from "../work/described-project.ts";
import type { ProjectRuns } from "../work/project-runs.ts";
import { addApiRoutes } from "./api/api-routes.ts";
import { type ClientTimes, listen, openApp } from "./app.ts";
import { type CallerOptions, findCaller, findOpenViewer, toCookieName } from "./caller.ts";
import { isForHere, isLoopback } from "./hosts.ts";
import { limitConnections, RateLimit, RequestGate, RunAdmission } from "./limits.ts";
import { NewestVersion } from "./newest-version.ts";
import { addOperationRoutes } from "./operation-routes.ts";
import { addPageRoutes } from "./page/page-routes.ts";
import { type Log, StandardError, toLog } from "./request-log.ts";
import { RunRecords } from "./run-records.ts";
import type { Served } from "./served.ts";
import { ServerMetrics } from "./server-metrics.ts";
import { TokenCache } from "./token-cache.ts";

export interface ServerOptions {
  readonly runs: ProjectRuns;
  /** default: those of the config */
  readonly settings?: ServerSettings | undefined;
  /** writes lines of the log; default: to standard error */
  readonly writeLog?: ((line: string) => void) | undefined;
  /** registry that others share; default: its own */
  readonly registry?: Registry | undefined;
  /** how long clients may take; of those that are not given, as long as is usual */
  readonly clientTimes?: Partial<ClientTimes> | undefined;
  /** evaluates for viewers; default: processes of the project */
  readonly viewers?: Viewers | undefined;
  /** milliseconds since 1970 */
  readonly now?: (() => number) | undefined;
}

/** A server of one project's API, which itself never runs cell code. */
export interface HexServer {
  /** for requests that need no port */
  readonly app: FastifyInstance;
  readonly log: Log;
  /** Begins to listen, and gives the address. @throws {HexError} HEX_USAGE */
  listen(): Promise<string>;
  /**
   * Takes no more requests, and waits for those that are being answered.
   * @param withinMs after which their connections are cut
   */
  close(withinMs?: number): Promise<void>;
}

/**
 * Opens the server of a project. Its cells are read once, by another process.
 *
 * @throws {HexError} HEX_CONFIG_INVALID without a project id; HEX_USAGE for an address that others
 * reach while there are no tokens; why the cells cannot be read; HEX_STORE_UNAVAILABLE
 */
export async function openServer(options: ServerOptions): Promise<HexServer> {
  const { runs, settings = runs.config.server } = options;
  const projectId = needProjectId(runs);
  const proof = await checkTokens(runs, settings);
  const log = toLog(runs.redact, options.writeLog ?? new StandardError().write);
  warnOfTokens(proof, settings, log);
  const onLine = (line: string) => log({ level: "info", event: "viewer-run-told", line });
  const viewers = options.viewers ?? openViewers(runs, { onLine });
  const project = new DescribedProject(runs, {
    onFailure: ({ code, message }) =>
      log({
        ...{ level: "warn", event: "project-unread", code },
        message: `The cells cannot be read as they are now: ${message}`,
      }),
    onChange: () => viewers.restart(),
  });
  await project.read();
  for (const message of warnOfCommonSecrets(runs.redactor)) {
    log({ level: "warn", event: "secret-common", message });
  }
  const app = toApp({ ...options, settings, projectId, project, viewers, log });
  limitConnections(app.server, log);
  await app.ready();
  return {
    app,
    log,
    listen: () =>
      listen(app, settings, {
        place: "the address of the server",
        address: `${settings.host}:${settings.port}`,
        hint: "choose another with --host and --port",
      }),
    close: async (withinMs = 10_000) => {
      project.close();
      const cut = setTimeout(() => app.server.closeAllConnections(), withinMs);
      // A connection whose last answer has left would be kept for the next request.
      const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS);
      await app.close();
      clearTimeout(cut);
      clearInterval(sweep);
      await viewers.close();
    },
  };
}

/** How often a closing server drops idle connections. */
const SWEEP_MS = 50;

interface ProjectAppOptions extends ServerOptions {
  readonly settings: ServerSettings;
  readonly projectId: string;
  readonly project: DescribedProject;
  readonly viewers: Viewers;
  readonly log: Log;
}

/** State that the routes share. */
function toServed(
  options: ProjectAppOptions & Pick<Served, "now" | "registry" | "metrics">,
): Served {
  const { runs, projectId, settings, log, now } = options;
  const { runsPerMinute, runsPerHour, pageRequestsPerMinute } = settings.limits;
  const onWarning = (message: string) => log({ level: "warn", event: "token-damaged", message });
  const onDoubt = (message: string) => warnOfDoubt(message, log);
  const tokens = new TokenCache({ store: runs.store, now, onWarning, onDoubt });
  const { host, publicUrl, allowedHosts } = settings;
  const callers: CallerOptions = {
    ...{ host, publicUrl, allowedHosts, tokens },
    cookie: toCookieName(projectId),
    access: runs.config.page.access,
  };
  const windows = [
    { most: runsPerMinute, windowMs: MINUTE },
    { most: runsPerHour, windowMs: HOUR },
  ];
  return {
    ...options,
    records: new RunRecords(runs.history),
    tokens,
    findCaller: (request) => findCaller(request, callers),
    findOpenViewer: (request) => findOpenViewer(request, callers),
    pageLimit: toLimit("requests of the page", pageRequestsPerMinute, now),
    newest: new NewestVersion(runs.store, now, () => findFrames(options.project)),
    runLimit: new RateLimit("runs", windows, now),
    admission: new RunAdmission(runs.history, settings.limits.runsAtOnce),
  };
}

/** Cells that cannot be read show nothing. */
async function findFrames(project: DescribedProject): Promise<readonly string[]> {
  const described = await project.recent().catch((error: unknown) => {
    if (!(error instanceof HexError)) throw error;
    return undefined;
  });
  return framesShown(described?.cells ?? []);
}

/** All routes of the project. */
function toApp(options: ProjectAppOptions): FastifyInstance {
  const { runs, settings, log, clientTimes, now = Date.now, registry = new Registry() } = options;
  const { limits } = settings;
  const gate = new RequestGate(limits.requestsAtOnce);
  const metrics = new ServerMetrics(registry, () => gate.inside);
  const served = toServed({ ...options, now, registry, metrics });
  return openApp({
    ...{ settings, gate, metrics, log, clientTimes, redact: runs.redact },
    callers: {
      find: served.findCaller,
      limit: toLimit("requests", limits.requestsPerMinute, now),
      pageLimit: served.pageLimit,
    },
    addRoutes: (app) => {
      addOperationRoutes(app, served);
      addApiRoutes(app, served);
      addPageRoutes(app, served);
    },
  });
}

function toLimit(what: string, most: number, now: () => number): RateLimit {
  return new RateLimit(what, [{ most, windowMs: MINUTE }], now);
}

function needProjectId({ config: { projectId } }: ProjectRuns): string {
  if (projectId !== undefined) return projectId.toLowerCase();
  throw expectation("HEX_CONFIG_INVALID", {
    place: "`projectId` in hex.config.json",
    expected: "given, since programs name the project by it",
    got: "nothing",
    hint: `add "projectId": "${randomUUID()}"`,
  });
}

/** Whether the project has had a token; one that has none is for this machine alone. */
async function checkTokens({ store }: ProjectRuns, { host }: ServerSettings): Promise<TokenProof> {
  const proof = await new TokenProver(store).prove(await listTokens(store));
  if (proof.made === "yes" || isLoopback(host)) return proof;
  throw expectation("HEX_USAGE", {
    place: "the host",
    expected: "127.0.0.1 as long as the project has no tokens",
    got: host,
    hint: "make one first: hex token create NAME",
  });
}

function warnOfTokens({ made, doubt }: TokenProof, settings: ServerSettings, log: Log): void {
  if (doubt !== undefined) warnOfDoubt(doubt, log);
  if (made !== "never") return;
  const who = isForHere(settings)
    ? "whoever is on this machine may do everything"
    : "nobody may do anything, since `server` in hex.config.json names a host by which others come";
  const message = `No token was created yet: ${who} (hex token create NAME)`;
  log({ level: "warn", event: "tokens-missing", message });
}

function warnOfDoubt(doubt: string, log: Log): void {
  const anew = `to begin anew in another store, delete ${MADE_FILE} and ${LOOKED_FOLDER}`;
  const message = `${doubt}. Until then nobody is let in without a token; ${anew}`;
  log({ level: "warn", event: "tokens-unproven", message });
}
