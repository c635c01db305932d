import { HexError } from "../errors.ts";
import type { Parent } from "../run/process/serve-task.ts";
import {
  KERNEL_CALLS,
  KERNEL_NOTES,
  type KernelReply,
  type KernelSession,
  type KernelTask,
  type NumberedRequest,
  type ReportProgress,
} from "./request.ts";

/** Serves a project in its own process: carries out what the parent orders, until that ends it. */
export async function serveKernel(
  task: KernelTask,
  parent: Parent,
  runtimeUrl: string,
): Promise<never> {
  const session = await openSession(task, parent, runtimeUrl);
  const going = new Map<number, AbortController>();
  const answer = async ({ id, order }: NumberedRequest): Promise<KernelReply> => {
    const dropped = new AbortController();
    going.set(id, dropped);
    try {
      const signal = AbortSignal.any([dropped.signal, parent.signal]);
      const tell: ReportProgress = (standing) => {
        void parent.call(KERNEL_CALLS.standing, { id, ...standing });
      };
      return { id, ok: true, ...(await session.answer(order, { signal, tell })) };
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      return { id, ok: false, code: thrown.code, message: session.redact(thrown.message) };
    } finally {
      going.delete(id);
    }
  };
  parent.onNote(KERNEL_NOTES.order, (note) => {
    // What is no HexError is a bug, and ends the process as one.
    void answer(note as NumberedRequest).then((reply) => parent.call(KERNEL_CALLS.reply, reply));
  });
  parent.onNote(KERNEL_NOTES.drop, (id) => {
    const error = new HexError("HEX_CANCELLED", "nobody waits for the answer any more");
    going.get(id as number)?.abort(error);
  });
  await parent.call(KERNEL_CALLS.ready, null);
  await new Promise<void>((resolve) => {
    if (parent.signal.aborted) resolve();
    parent.signal.addEventListener("abort", () => resolve());
  });
  await session.close();
  throw parent.signal.reason;
}

/** What only one of the two needs is loaded by it alone. */
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
