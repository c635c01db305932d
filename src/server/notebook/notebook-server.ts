import type { AddressInfo } from "node:net";
import { type FastifyInstance, fastify } from "fastify";
import { Registry } from "prom-client";
import { expectation } from "../../errors.ts";
import type { Notebook } from "../../kernel/notebook.ts";
import { keepPageAssets } from "../../page/page-assets.ts";
import { answerFailures, answerLayerFailures, refuseFaultyRequest } from "../answer-failures.ts";
import { requireDeclaredAuth } from "../caller.ts";
import { checkHost, isLoopback, refuseOtherSites, refuseWholeAddress } from "../hosts.ts";
import { readJsonBodies } from "../json-body.ts";
import { addShellRoutes } from "../page/shell-routes.ts";
import { parseQuery } from "../query.ts";
import { refuseOtherMethods } from "../refuse-methods.ts";
import { RequestGate } from "../request-gate.ts";
import type { Log } from "../request-log.ts";
import { ServerMetrics } from "../server-metrics.ts";
import { watchRequests } from "../watch-requests.ts";
import { addNotebookRoutes } from "./notebook-routes.ts";

export interface NotebookServerOptions {
  readonly notebook: Notebook;
  /** URL of the built module beside which the page lies */
  readonly runtimeUrl: string;
  /** must mean this machine and no other; 127.0.0.1 unless told */
  readonly host?: string;
  /** 0 takes any that is free */
  readonly port: number;
  readonly log: Log;
}

export interface NotebookServer {
  /** for requests that need no port */
  readonly app: FastifyInstance;
  /** Begins to listen, and gives the address. @throws {HexError} HEX_USAGE when it is taken */
  listen(): Promise<string>;
  close(): Promise<void>;
}

const MOST_REQUESTS = 200;
const TAKE_MS = 30_000;
const LONGEST_PARAMETER = 200;

/**
 * Opens the server of a notebook, which runs what its author writes for whoever asks: it listens on
 * this machine alone, and answers no page but its own.
 *
 * @throws {HexError} HEX_USAGE for an address that others reach
 */
export async function openNotebookServer(options: NotebookServerOptions): Promise<NotebookServer> {
  const { host = "127.0.0.1", port } = options;
  if (!isLoopback(host)) {
    throw expectation("HEX_USAGE", {
      place: "the host of a notebook",
      expected: "127.0.0.1, since whoever reaches it may run its cells",
      got: host,
      hint: "`hex serve` is for others",
    });
  }
  const app = toApp(options, host);
  await app.ready();
  return {
    app,
    listen: () => listen(app, host, port),
    close: async () => {
      app.server.closeIdleConnections();
      const closed = app.close();
      app.server.closeAllConnections();
      await closed;
    },
  };
}

function toApp(
  { notebook, runtimeUrl, log }: NotebookServerOptions,
  host: string,
): FastifyInstance {
  const gate = new RequestGate(MOST_REQUESTS);
  const app = fastify({
    logger: false,
    frameworkErrors: answerLayerFailures,
    clientErrorHandler: refuseFaultyRequest,
    routerOptions: { querystringParser: parseQuery, maxParamLength: LONGEST_PARAMETER },
  });
  requireDeclaredAuth(app);
  readJsonBodies(app);
  const metrics = new ServerMetrics(new Registry(), () => gate.inside);
  watchRequests(app, { gate, metrics, log, takeMs: TAKE_MS });
  // There are no callers to tell apart.
  app.decorateRequest("caller", null);
  const settings = { host, publicUrl: undefined, allowedHosts: [] };
  app.addHook("onRequest", async ({ headers, url }) => {
    refuseWholeAddress(url);
    checkHost(headers, settings);
    // A link may lead to the page itself; what it asks for is its own.
    if (url.startsWith("/notebook/")) refuseOtherSites(headers);
  });
  // What is told has no secrets in it: whoever ran the cells has taken them out.
  answerFailures(app, { redact: (data) => data, log });
  refuseOtherMethods(app, () => {
    const page = { title: notebook.book.head.title, access: "anyone", embedIn: [] } as const;
    const readAssets = keepPageAssets(runtimeUrl);
    addShellRoutes(app, { readAssets, page, settings, addresses: ["/"], view: "notebook" });
    addNotebookRoutes(app, notebook);
  });
  return app;
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const got = `${port}, ${(cause as NodeJS.ErrnoException).code ?? "which cannot be listened on"}`;
    const hint = "choose another with --port";
    const told = { place: "the port", expected: "one that is free", got, hint };
    throw expectation("HEX_USAGE", told, { cause });
  }
  const { address, family, port: given } = app.server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${given}/`;
}
