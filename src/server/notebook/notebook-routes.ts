import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { Notebook } from "../../project/notebook/notebook.ts";
import type { RowsOrder } from "../../project/notebook/notebook-messages.ts";
import { EventStream } from "../event-stream.ts";
import { HttpFailure } from "../http-failure.ts";
import { startStream } from "../start-stream.ts";
import { parseCsvAsk, parseInputs, parseRowsAsk, parseRunAsk } from "./notebook-body.ts";
import { NotebookEvents } from "./notebook-events.ts";

/** Whoever reaches the server may do everything: it listens on this machine alone. */
const OPEN = { config: { auth: "none" } } as const;
const STREAM = { config: { auth: "none", isStream: true }, exposeHeadRoute: false } as const;

/** What the browser asks of a notebook. */
export function addNotebookRoutes(app: FastifyInstance, notebook: Notebook): void {
  app.get("/notebook/state", OPEN, async () => notebook.book.state);
  addEvents(app, notebook);
  app.post("/notebook/run", OPEN, async ({ body }, reply) => {
    notebook.run({ cause: "asked", ...parseRunAsk(body) });
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
    const values = parseInputs(body);
    refuseUnknown(values, notebook);
    notebook.setInputs(values);
    return reply.code(202).send(notebook.book.head);
  });
  app.post("/notebook/rows", OPEN, async ({ body }) => notebook.ask("rows", parseRowsAsk(body)));
  app.get("/notebook/csv", OPEN, async ({ query }, reply) => {
    const ask = parseCsvAsk((query as Readonly<Record<string, readonly string[]>>)["ask"]?.[0]);
    // Before the first rows are there, a failure has an answer of its own.
    const first = await readCsv(notebook, ask, 0);
    return reply
      .type("text/csv; charset=utf-8")
      .header("content-disposition", `attachment; filename="${ask.cell}.csv"`)
      .send(Readable.from(csvOf(notebook, ask, first)));
  });
}

/** So many rows of CSV are asked for at once. */
const CSV_ROWS = 20_000;

function readCsv(notebook: Notebook, ask: RowsOrder, offset: number): Promise<string> {
  return notebook.ask("csv", { ...ask, offset, limit: CSV_ROWS }) as Promise<string>;
}

async function* csvOf(notebook: Notebook, ask: RowsOrder, first: string): AsyncIterable<string> {
  yield first;
  for (let offset = CSV_ROWS; ; offset += CSV_ROWS) {
    const text = await readCsv(notebook, ask, offset);
    if (text === "") return;
    yield text;
  }
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
