import { HexError } from "../../errors.ts";
import { CellMemory } from "../../run/light/cell-memory.ts";
import type { Parent } from "../../run/process/serve-task.ts";
import type { Project } from "../project.ts";
import { openProjectStore } from "../project-store.ts";
import { toRedact } from "../redact.ts";
import {
  LIGHT_CALLS,
  LIGHT_NOTES,
  type LightReply,
  type LightStanding,
  type NumberedOrder,
} from "./light-order.ts";
import { ViewerAnswers } from "./viewer-answers.ts";
import type { TellStanding } from "./viewer-standing.ts";

/** Of the memory that the process may take, so much is for what cells came to. */
const MEMORY_SHARE = 0.25;

/** Answers what viewers ask, with the project's cells as they are now, until the parent ends it. */
export async function serveViewers(project: Project, parent: Parent): Promise<never> {
  const { store, secrets } = await openProjectStore(project, process.env);
  const redact = toRedact(secrets);
  const limitBytes = MEMORY_SHARE * project.config.runs.memoryBytes;
  const memory = new CellMemory({ limitBytes });
  const emit = parent.emit.bind(parent);
  const answers = new ViewerAnswers({ project, store, secrets, redact, memory, emit });
  const going = new Map<number, AbortController>();

  const answer = async ({ id, order }: NumberedOrder): Promise<LightReply> => {
    const dropped = new AbortController();
    going.set(id, dropped);
    try {
      const signal = AbortSignal.any([dropped.signal, parent.signal]);
      const tell: TellStanding = (standing) => {
        void parent.call(LIGHT_CALLS.standing, { id, ...standing } satisfies LightStanding);
      };
      return { id, ok: true, text: await answers.answer(order, { signal, tell }) };
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      return { id, ok: false, code: thrown.code, message: answers.toTold(thrown.message) };
    } finally {
      going.delete(id);
    }
  };
  parent.onNote(LIGHT_NOTES.order, (note) => {
    // What is no HexError is a bug, and ends the process as one.
    void answer(note as NumberedOrder).then((reply) => parent.call(LIGHT_CALLS.reply, reply));
  });
  parent.onNote(LIGHT_NOTES.drop, (id) => {
    const error = new HexError("HEX_CANCELLED", "nobody waits for the answer any more");
    going.get(id as number)?.abort(error);
  });
  await parent.call(LIGHT_CALLS.ready, null);
  await new Promise<void>((resolve) => {
    if (parent.signal.aborted) resolve();
    parent.signal.addEventListener("abort", () => resolve());
  });
  await store.close();
  throw parent.signal.reason;
}
