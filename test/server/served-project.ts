import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { LightMyRequestResponse } from "fastify";
import { afterAll, onTestFinished } from "vitest";
import type { Viewers } from "../../src/kernel/evaluation.ts";
import type { ServerLimits, ServerSettings } from "../../src/project/server-settings.ts";
import { createToken, type TokenScope } from "../../src/project/tokens.ts";
import type { ClientTimes } from "../../src/server/app.ts";
import { type HexServer, openServer } from "../../src/server/server.ts";
import { openProjectRuns, type ProjectRuns } from "../../src/work/project-runs.ts";

/** The built package: the processes that read cells and carry runs out are started from there. */
const runtimeUrl = new URL("../../dist/index.js", import.meta.url).href;

export const PROJECT_ID = "5b0f3c1e-9d2a-4e7b-8c64-0a1b2c3d4e5f";
export const RUNS = `/api/v1/projects/${PROJECT_ID}/runs`;
export const LEGACY = `/api/v1/project/${PROJECT_ID}/run`;
/** A secret of the project, whose value must never come to light. */
export const CANARY = "canary+/7f3a value&=";

const CELLS = {
  "cells/01-amount.ts": `import { slider } from "hex-runtime";
export default slider({ label: "Amount", min: 0, max: 10, default: 3 });
`,
  "cells/02-name.ts": `import { text } from "hex-runtime";
export default text({ default: "nobody", maxLength: 20 });
`,
  "cells/03-numbers.ts": `import { cached } from "hex-runtime";
import amount from "./01-amount.ts";
export default cached("numbers", { amount }, ({ amount }, { secrets }) => {
  if (amount === 9) throw new Error("no nine, says " + secrets.CANARY);
  return Array.from({ length: amount }, (_, index) => ({ number: index + 1 }));
});
`,
  "cells/04-choice.ts": `import { dropdown } from "hex-runtime";
import numbers from "./03-numbers.ts";
export default dropdown({ numbers }, ({ numbers }) => ({ options: numbers.distinct("number") }));
`,
  "cells/05-chosen.ts": `import { cell } from "hex-runtime";
import choice from "./04-choice.ts";
import name from "./02-name.ts";
export default cell({ choice, name }, ({ choice, name }) => name + " " + choice, { title: "The choice" });
`,
  "cells/06-day.ts": `import { date } from "hex-runtime";
export default date({ default: "2026-01-31" });
`,
  "cells/07-note.md": "# A note\n",
};

/** Limits that no test comes near, unless it is about them. */
const LIMITS: ServerLimits = {
  requestsPerMinute: 1_000_000,
  pageRequestsPerMinute: 1_000_000,
  runsPerMinute: 1_000_000,
  runsPerHour: 1_000_000,
  runsAtOnce: 100_000,
  requestsAtOnce: 1_000,
};

export interface ServeOptions {
  readonly config?: object;
  readonly cells?: Readonly<Record<string, string>>;
  readonly settings?: Partial<Omit<ServerSettings, "limits">>;
  readonly limits?: Partial<ServerLimits>;
  /** milliseconds since 1970 */
  readonly now?: () => number;
  readonly clientTimes?: Partial<ClientTimes>;
  /** what answers viewers; processes of the project's own unless told */
  readonly viewers?: Viewers;
  /** stands before the store and the queue */
  readonly wrap?: (runs: ProjectRuns) => ProjectRuns;
}

export interface Call {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** sent as JSON */
  readonly body?: unknown;
  /** sent as it is, with the headers that are given */
  readonly payload?: string | Buffer;
}

/** A project of a few cells and its server. */
export interface ServedProject extends HexServer {
  readonly directory: string;
  readonly runs: ProjectRuns;
  /** what the server has logged */
  readonly lines: readonly string[];
  /** Makes a request as the given token, or as nobody. */
  call(method: string, url: string, call?: Call): Promise<LightMyRequestResponse>;
  /** Opens another server of the same project, on the same store. */
  openAnother(options: Pick<ServeOptions, "viewers">): Promise<Pick<ServedProject, "call">>;
  /** Makes a token; servers know of it within five seconds of their clock. */
  makeToken(scope: TokenScope, expiresAtMs?: number): Promise<string>;
}

/** Serves a project until the test ends. */
export async function serveProject(options: ServeOptions = {}): Promise<ServedProject> {
  const ends: (() => Promise<unknown>)[] = [];
  onTestFinished(() => endAll(ends));
  return openServed(options, ends);
}

/**
 * One served project for those tests of a file that leave it as good as it was: opened when the
 * first of them asks for it, and closed after the last. Starting one costs a process that reads cells.
 */
export function shareProject<Shared = ServedProject>(
  options: ServeOptions = {},
  prepare: (served: ServedProject) => Promise<Shared> = async (served) => served as Shared,
): () => Promise<Shared> {
  const ends: (() => Promise<unknown>)[] = [];
  let shared: Promise<Shared> | undefined;
  afterAll(async () => {
    await shared?.catch(() => undefined);
    await endAll(ends);
  });
  return () => {
    shared ??= openServed(options, ends).then(prepare);
    return shared;
  };
}

/** Ends what was opened, the last first. */
async function endAll(ends: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const end of ends.toReversed()) await end();
}

/** Opens a project and its server, and notes how each part of it is ended. */
async function openServed(
  options: ServeOptions,
  ends: (() => Promise<unknown>)[],
): Promise<ServedProject> {
  const { config = {}, cells = CELLS, settings = {}, limits = {}, wrap = (runs) => runs } = options;
  const directory = await realpath(await mkdtemp(join(tmpdir(), "hex-served-")));
  ends.push(() => rm(directory, { recursive: true, force: true }));
  await writeFiles(directory, {
    "hex.config.json": JSON.stringify({ name: "Served", projectId: PROJECT_ID, ...config }),
    ...cells,
  });
  const environment = { ...process.env, CANARY };
  const runs = wrap(await openProjectRuns(directory, { runtimeUrl, environment }));
  ends.push(() => runs.close());
  const lines: string[] = [];
  const open = async ({ viewers, now, clientTimes }: ServeOptions) => {
    const server = await openServer({
      ...{ runs, viewers, now, clientTimes, writeLog: (line) => lines.push(line) },
      // Several files of tests listen at the same time.
      settings: { ...runs.config.server, port: 0, ...settings, limits: { ...LIMITS, ...limits } },
    });
    ends.push(() => server.close());
    return server;
  };
  const server = await open(options);
  return {
    ...server,
    directory,
    runs,
    lines,
    call: (method, url, call = {}) => inject(server, method, url, call),
    openAnother: async (others) => {
      const other = await open(others);
      return { call: (method, url, call = {}) => inject(other, method, url, call) };
    },
    makeToken: async (scope, expiresAtMs) => {
      const spec = { name: `${scope}s`, scopes: [scope], expiresAtMs: expiresAtMs ?? null };
      return (await createToken(runs.store, spec)).token;
    },
  };
}

async function writeFiles(directory: string, files: Readonly<Record<string, string>>) {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), text);
  }
}

function inject(
  { app }: HexServer,
  method: string,
  url: string,
  { token, headers = {}, body, payload }: Call,
): Promise<LightMyRequestResponse> {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const sent = payload ?? (body === undefined ? undefined : JSON.stringify(body));
  return app.inject({
    method: method as "GET",
    url,
    headers: { host: "127.0.0.1:8787", ...json, ...bearer, ...headers },
    ...(sent === undefined ? {} : { payload: sent }),
  });
}
