import type { FastifyInstance } from "fastify";
import { Registry } from "prom-client";
import { expectation } from "../errors.ts";
import type { Notebook } from "../kernel/notebook.ts";
import type { NotebookEvent, NotebookState } from "../kernel/notebook-state.ts";
import { cachePageAssets } from "../page/page-assets.ts";
import { listen, openApp } from "./app.ts";
import { openStreams, type ServerEvent } from "./event-stream.ts";
import { isLoopback } from "./hosts.ts";
import { HttpFailure } from "./http-failure.ts";
import { RequestGate } from "./limits.ts";
import { addShellRoutes } from "./page/shell-routes.ts";
import { parseNotebookInputs, parseNotebookRun } from "./request-body.ts";
import type { Log } from "./request-log.ts";
import { ServerMetrics } from "./server-metrics.ts";
import { addTableRoutes } from "./table-routes.ts";

export interface NotebookServerOptions {
  readonly notebook: Notebook;
  /** URL of the built module beside which the page lies */
  readonly runtimeUrl: string;
  /** must mean this machine and no other; default 127.0.0.1 */
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
 * Opens the server of a notebook, which runs its author's code for any caller: it listens on this
 * machine alone, and answers no page but its own.
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
      const readAssets = cachePageAssets(runtimeUrl);
      addShellRoutes(app, { readAssets, page, settings, addresses: ["/"], view: "notebook" });
      addNotebookRoutes(app, notebook);
    },
  });
}

/** Everyone on this machine may do everything; nobody else reaches the server. */
const OPEN = { config: { auth: "none" } } as const;

const STREAM = { config: { auth: "none", isStream: true }, exposeHeadRoute: false } as const;

/** The routes of a notebook. */
function addNotebookRoutes(app: FastifyInstance, notebook: Notebook): void {
  app.get("/notebook/state", OPEN, async () => notebook.book.state);
  addEvents(app, notebook);
  const addAction = (name: string, act: (body: unknown) => void) =>
    app.post(`/notebook/${name}`, OPEN, async ({ body }, reply) => {
      act(body);
      return reply.code(202).send(notebook.book.head);
    });
  addAction("run", (body) => notebook.run({ cause: "asked", ...parseNotebookRun(body) }));
  addAction("cancel", () => notebook.cancel());
  addAction("publish", () => notebook.publish());
  addAction("inputs", (body) => {
    const values = parseNotebookInputs(body);
    refuseUnknown(values, notebook);
    notebook.setInputs(values);
  });
  addTableRoutes(app, { prefix: "/notebook", ...OPEN, reader: notebook.tables });
}

function refuseUnknown(values: Readonly<Record<string, unknown>>, { book }: Notebook): void {
  const known = book.state.cells.filter(({ kind }) => kind === "input").map(({ name }) => name);
  const unknown = Object.keys(values).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new HttpFailure(
    422,
    `Expected a value for one of the inputs ${known.join(", ") || "(there are none)"}, got one for another name`,
  );
}

/** All state of the notebook at first, then its changes. */
function addEvents(app: FastifyInstance, { book }: Notebook): void {
  const stream = openStreams(app);
  app.get("/notebook/events", STREAM, async (request, reply) => {
    const events = new NotebookEvents();
    stream(request, reply, {
      look: () => {
        const { state } = book;
        return () => events.next(state);
      },
      listen: (onNews) => book.listen(oncePerTurn(onNews)),
    });
  });
}

/** Changes of one turn of the event loop are sent together. */
function oncePerTurn(act: () => void): () => void {
  let isPlanned = false;
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(() => {
      isPlanned = false;
      act();
    });
  };
}

/**
 * The events of a notebook that one listener lacks. A slow listener misses what has changed again
 * meanwhile; a new one gets everything.
 */
class NotebookEvents {
  readonly #sent = new Map<string, unknown>();
  #line = 0;
  #count = 0;

  /** The next event; undefined as long as nothing is new. */
  next(state: NotebookState): ServerEvent | undefined {
    const event = this.#find(state);
    if (event === undefined) return undefined;
    this.#count += 1;
    return { name: event.type, data: event, id: `${this.#count}` };
  }

  #find({ head, cells, standings, shown, lines }: NotebookState): NotebookEvent | undefined {
    if (this.#isNew("head", head)) return { type: "head-changed", head };
    for (const cell of cells) {
      if (this.#isNew(`cell ${cell.name}`, cell)) return { type: "cell-described", cell };
    }
    for (const standing of standings) {
      const key = `standing ${standing.name}`;
      if (this.#isNew(key, standing)) return { type: "cell-moved", standing };
    }
    for (const each of shown) {
      if (this.#isNew(`shown ${each.name}`, each)) return { type: "cell-shown", shown: each };
    }
    const line = lines.find(({ number }) => number > this.#line);
    if (line === undefined) return undefined;
    this.#line = line.number;
    return { type: "line-logged", line };
  }

  /** Values are replaced when they change, so that identity suffices. */
  #isNew(key: string, value: unknown): boolean {
    if (this.#sent.get(key) === value) return false;
    this.#sent.set(key, value);
    return true;
  }
}
