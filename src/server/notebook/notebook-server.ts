import type { FastifyInstance } from "fastify";
import { Registry } from "prom-client";
import { expectation } from "../../errors.ts";
import type { Notebook } from "../../kernel/notebook.ts";
import { keepPageAssets } from "../../page/page-assets.ts";
import { listen, openApp } from "../app.ts";
import { isLoopback } from "../hosts.ts";
import { RequestGate } from "../limits.ts";
import { addShellRoutes } from "../page/shell-routes.ts";
import type { Log } from "../request-log.ts";
import { ServerMetrics } from "../server-metrics.ts";
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

const REQUESTS_AT_ONCE = 200;

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
    listen: async () => {
      const options = {
        place: "the port",
        address: String(port),
        hint: "choose another with --port",
      };
      return `${await listen(app, { host, port }, options)}/`;
    },
    close: async () => {
      app.server.closeIdleConnections();
      const closed = app.close();
      app.server.closeAllConnections();
      await closed;
    },
  };
}

function toApp({ notebook, runtimeUrl, log }: NotebookServerOptions, host: string) {
  const settings = { host, publicUrl: undefined, allowedHosts: [] };
  const gate = new RequestGate(REQUESTS_AT_ONCE);
  const metrics = new ServerMetrics(new Registry(), () => gate.inside);
  return openApp({
    ...{ settings, gate, metrics, log, callers: undefined },
    // The processes that run cells have redacted everything.
    redact: (data) => data,
    addRoutes: (app) => {
      const page = { title: notebook.book.head.title, access: "anyone", embedIn: [] } as const;
      const readAssets = keepPageAssets(runtimeUrl);
      addShellRoutes(app, { readAssets, page, settings, addresses: ["/"], view: "notebook" });
      addNotebookRoutes(app, notebook);
    },
  });
}
