import { writeFile } from "node:fs/promises";
import { expectation, HexError, toMessage } from "../errors.ts";
import type { Parent } from "../run/process/serve-task.ts";
import type { Redact } from "../run/redact/redactor.ts";
import {
  type CsvAnswer,
  KERNEL_CALLS,
  KERNEL_NOTES,
  type KernelReply,
  type KernelRequest,
  type KernelSession,
  type KernelTask,
  type NumberedRequest,
  type RequestContext,
} from "./request.ts";
import { RowsReader } from "./rows.ts";

/** Serves a project in its own process: answers requests of the parent, until that ends it. */
export async function serveKernel(
  task: KernelTask,
  parent: Parent,
  runtimeUrl: string,
): Promise<never> {
  const session = await openSession(task, parent, runtimeUrl);
  const rows = new RowsReader((query) => session.findShown(query));
  const running = new Map<number, AbortController>();
  const carryOut = async (request: KernelRequest, context: RequestContext) => {
    switch (request.kind) {
      case "rows":
        return { text: await rows.rows(request.query, session.redact) };
      case "csv":
        return { text: await writeCsvBlock(request, rows, session.redact) };
      default:
        return session.answer(request, context);
    }
  };
  const answer = async ({ id, request }: NumberedRequest): Promise<KernelReply> => {
    const cancelled = new AbortController();
    running.set(id, cancelled);
    try {
      const signal = AbortSignal.any([cancelled.signal, parent.signal]);
      const report: RequestContext["report"] = (progress) => {
        void parent.call(KERNEL_CALLS.progress, { id, ...progress });
      };
      return { id, ok: true, ...(await carryOut(request, { signal, report })) };
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      return { id, ok: false, code: thrown.code, message: session.toMessage(thrown.message) };
    } finally {
      running.delete(id);
    }
  };
  parent.onNote(KERNEL_NOTES.request, (note) => {
    // Any other failure than a HexError is a bug, and ends the process as one.
    void answer(note as NumberedRequest).then((reply) => parent.call(KERNEL_CALLS.reply, reply));
  });
  parent.onNote(KERNEL_NOTES.cancel, (id) => {
    const error = new HexError("HEX_CANCELLED", "nobody waits for the answer any more");
    running.get(id as number)?.abort(error);
  });
  await parent.call(KERNEL_CALLS.ready, null);
  await new Promise<void>((resolve) => {
    if (parent.signal.aborted) resolve();
    parent.signal.addEventListener("abort", () => resolve());
  });
  await session.close();
  throw parent.signal.reason;
}

/** Megabytes go by a file: as a message they would be put into JSON here and taken out of it there. */
async function writeCsvBlock(
  { query, block, into }: Extract<KernelRequest, { kind: "csv" }>,
  rows: RowsReader,
  redact: Redact,
): Promise<string> {
  const bytes = await rows.csv(query, { download: into, block }, redact);
  try {
    await writeFile(into, bytes, { flag: "r+" });
  } catch (cause) {
    const got = (cause as NodeJS.ErrnoException).code ?? toMessage(cause);
    throw expectation("HEX_TOO_BUSY", {
      place: "the folder for temporary files",
      expected: "one that takes a block of a download",
      got,
    });
  }
  return JSON.stringify({ sizeBytes: bytes.length } satisfies CsvAnswer);
}

/** Loads the code of one of the two alone. */
async function openSession(
  { kind, directory }: KernelTask,
  parent: Parent,
  runtimeUrl: string,
): Promise<KernelSession> {
  switch (kind) {
    case "viewers": {
      const { openViewerSession } = await import("./viewer-session.ts");
      return openViewerSession(directory, { runtimeUrl, emit: parent.emit });
    }
    case "notebook": {
      const { NotebookSession } = await import("./notebook-session.ts");
      return new NotebookSession({ directory, runtimeUrl, parent });
    }
  }
}
