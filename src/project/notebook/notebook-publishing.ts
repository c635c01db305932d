import { HexError } from "../../errors.ts";
import { openRunHistory } from "../../run/history/run-history.ts";
import type { RunEvent, RunResult } from "../../run/run-event.ts";
import { ProcessCalls } from "../process-calls.ts";
import type { ProjectPlace } from "../project.ts";
import { openProjectHistory, openProjectStore, toHolder, toRequester } from "../project-store.ts";
import { toRedact } from "../redact.ts";
import { recordRun } from "../run-recording.ts";

/** A publication that goes, as the process that carries it out needs it. */
export interface PublishingHooks {
  readonly runId: string;
  /** stops waiting for the lease */
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  /** told when the lease is lost */
  readonly onLost: (message: string) => void;
  /** has the process go through the cells; resolves when the run there has ended */
  readonly carryOut: (
    answer: ProcessCalls["answer"],
    emit: (event: RunEvent) => void,
  ) => Promise<void>;
}

/** Few tries: nobody waits for a record that the store does not take. */
const TRIES = 3;

/**
 * Publishes what a notebook's cells come to, as a logic run with the project's own inputs: recorded
 * in the history, under the project's lease, which this process holds and renews.
 */
export async function publishNotebook(
  place: ProjectPlace,
  hooks: PublishingHooks,
  environment: NodeJS.ProcessEnv,
): Promise<RunResult> {
  const { runId, signal, emit } = hooks;
  const { store, secrets } = await openProjectStore(place, environment);
  const holder = toHolder();
  const calls = new ProcessCalls({
    store,
    holder,
    signal,
    onWaiting: (other) =>
      emit({ type: "line-logged", line: `waiting for ${other}, which computes this project` }),
    onLost: hooks.onLost,
    runParts: refuseParts,
  });
  try {
    return await recordRun(
      {
        history: openProjectHistory(store, place.config, { tries: TRIES }),
        runId,
        context: "logic",
        trigger: "page",
        requestedBy: toRequester(),
        acceptSchema: false,
        inputs: {},
        worker: holder,
        isTold: true,
        isResultKept: true,
        redact: toRedact(secrets),
        emit,
        now: Date.now,
      },
      async (recorded) => {
        await hooks.carryOut(calls.answer, recorded);
        const result = await openRunHistory(store).readResult(runId);
        if (result !== undefined) return result;
        const message = "Expected the publication to leave its result in the store, got none";
        throw new HexError("HEX_RUN_CRASHED", message);
      },
    );
  } finally {
    await calls.close();
    await store.close();
  }
}

/** The process of a notebook has the parts of its cells computed itself. */
async function refuseParts(): Promise<never> {
  throw new HexError("HEX_JOB_INVALID", "Expected a notebook to compute its parts itself");
}
