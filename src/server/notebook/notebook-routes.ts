import type { FastifyInstance } from "fastify";
import type { Notebook } from "../../kernel/notebook.ts";
import { parseNotebookInputs, parseNotebookRun } from "../ask-body.ts";
import { EventStream } from "../event-stream.ts";
import { HttpFailure } from "../http-failure.ts";
import { startStream } from "../start-stream.ts";
import { addTableRoutes } from "../table-routes.ts";
import { NotebookEvents } from "./notebook-events.ts";

/** Whoever reaches the server may do everything: it listens on this machine alone. */
const OPEN = { config: { auth: "none" } } as const;
const STREAM = { config: { auth: "none", isStream: true }, exposeHeadRoute: false } as const;

/** What the browser asks of a notebook. */
export function addNotebookRoutes(app: FastifyInstance, notebook: Notebook): void {
  app.get("/notebook/state", OPEN, async () => notebook.book.state);
  addEvents(app, notebook);
  app.post("/notebook/run", OPEN, async ({ body }, reply) => {
    notebook.run({ cause: "asked", ...parseNotebookRun(body) });
    return reply.code(202).send(notebook.book.head);
  });
  app.post("/notebook/cancel", OPEN, async (_, reply) => {
    notebook.cancel();
    return reply.code(202).send(notebook.book.head);
  });
  app.post("/notebook/publish", OPEN, async (_, reply) => {
    notebook.publish();
    return reply.code(202).send(notebook.book.head);
  });
  app.post("/notebook/inputs", OPEN, async ({ body }, reply) => {
    const values = parseNotebookInputs(body);
    refuseUnknown(values, notebook);
    notebook.setInputs(values);
    return reply.code(202).send(notebook.book.head);
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

/** What is new, as long as a browser listens; the first time that is everything. */
function addEvents(app: FastifyInstance, { book }: Notebook): void {
  const streams = new Set<EventStream>();
  app.addHook("preClose", async () => {
    for (const stream of streams) stream.end();
  });
  app.get("/notebook/events", STREAM, async (_, reply) => {
    const events = new NotebookEvents();
    let isPlanned = false;
    const tell = () => {
      isPlanned = false;
      const { state } = book;
      while (stream.isReady) {
        const event = events.next(state);
        if (event === undefined) return;
        stream.send(event);
      }
    };
    // What changes together is told together.
    const plan = () => {
      if (!isPlanned) setImmediate(tell);
      isPlanned = true;
    };
    const unlisten = book.listen(plan);
    const stream = new EventStream(startStream(reply), {
      onReady: plan,
      onClose: () => {
        unlisten();
        streams.delete(stream);
      },
      isAllowed: async () => true,
    });
    streams.add(stream);
    plan();
  });
}
