import { writeFile } from "node:fs/promises";
import { expectation, HexError, toMessage } from "../errors.ts";
import type { Parent } from "../run/process/serve-task.ts";
import type { Redact } from "../run/redact/redactor.ts";
import {
  type CsvAnswer,
  KERNEL_NOTES,
  type KernelReply,
  type KernelRequest,
  type KernelSession,
  type KernelTask,
  type NumberedRequest,
  type RequestContext,
} from "./request.ts";
import { RowsReader } from "./rows.ts";
import type { SharedFiles } from "./shared-files.ts";

/**
 * Serves a project in its own process or thread: answers requests of the parent, until that ends it.
 * @param files what the threads of one process share
 */
export async function serveKernel(
  task: KernelTask,
  parent: Parent,
  runtimeUrl: string,
  files?: SharedFiles,
): Promise<never> {
  const session = await openSession(task, { parent, runtimeUrl, files });
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
        parent.note(KERNEL_NOTES.progress, { id, ...progress });
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
    void answer(note as NumberedRequest).then((reply) => parent.note(KERNEL_NOTES.reply, reply));
  });
  parent.onNote(KERNEL_NOTES.cancel, (id) => {
    const error = new HexError("HEX_CANCELLED", "nobody waits for the answer any more");
    running.get(id as number)?.abort(error);
  });
  parent.note(KERNEL_NOTES.ready, null);
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

interface SessionSurroundings {
  readonly parent: Parent;
  readonly runtimeUrl: string;
  readonly files: SharedFiles | undefined;
}

/** Loads the code of one of the two alone. */
async function openSession(
  { kind, directory }: KernelTask,
  { parent, runtimeUrl, files }: SessionSurroundings,
): Promise<KernelSession> {
  switch (kind) {
    case "viewers": {
      const { openViewerSession } = await import("./viewer-session.ts");
      return openViewerSession(directory, { runtimeUrl, emit: parent.emit, files });
    }
    case "notebook": {
      const { NotebookSession } = await import("./notebook-session.ts");
      return new NotebookSession({ directory, runtimeUrl, parent });
    }
  }
}
