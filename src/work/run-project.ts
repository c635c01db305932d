import type { RequestedInputs } from "../cell/requested-input.ts";
import type { RunContext } from "../cell/run-context.ts";
import { HexError } from "../errors.ts";
import { writeFrameDeclarations } from "../project/frame-declarations.ts";
import { toInputs } from "../project/inputs.ts";
import { frameNames, namesOf, tellCommonSecrets } from "../project/known-names.ts";
import { type Project, planProject } from "../project/project.ts";
import { openProjectStore, toHolder } from "../project/project-store.ts";
import type { CellGrounds } from "../run/cell-fingerprints.ts";
import type { ShowFrame } from "../run/cell-output.ts";
import { newRunId } from "../run/history/run-id.ts";
import { type RunWishes, toWishes } from "../run/history/run-record.ts";
import type { RunParts } from "../run/parts/join-parts.ts";
import type { Recall } from "../run/recall.ts";
import { type Redactor, toRedactor } from "../run/redact/redactor.ts";
import type { RunEvent, RunResult, RunTrigger } from "../run/run-event.ts";
import { mayPublish, runPlan } from "../run/run-plan.ts";
import type { RunWork, TakeLease } from "../run/run-work.ts";
import { acquireLease, type LeaseOptions } from "../store/lease/lease.ts";
import type { Store } from "../store/store.ts";
import { openVersion, type Version } from "../store/version.ts";
import { keepHealing } from "./heal-runs.ts";
import { planChanged, readProjectGrounds } from "./plan-changed.ts";
import { runApart } from "./run-apart.ts";
import { runPartsHere } from "./run-parts-here.ts";
import { type RecordingOptions, recordRun, toRecording } from "./run-recording.ts";

/** What every door asks for. */
export interface RunRequest extends Partial<RunWishes> {
  readonly context: RunContext;
  readonly inputs: RequestedInputs;
  readonly trigger: RunTrigger;
}

/** How a run is named, watched and stopped; by default nobody watches. */
export interface RunHooks {
  readonly emit?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
  /** names the run; by default it gets a new name */
  readonly runId?: string;
  /** 1 unless this run was tried before */
  readonly attempt?: number;
  /** by default this process holds the lease itself */
  readonly takeLease?: TakeLease;
  /** by default others wait for 10 s when this process no longer answers */
  readonly leaseTimes?: Pick<LeaseOptions, "ttlMs">;
  /** by default the parts of cells are computed in processes on this machine */
  readonly runParts?: RunParts;
  /** does something with the result while the store is still open */
  readonly keep?: (result: RunResult, store: Store) => Promise<void>;
  /** handed the whole frames that cells show, when the run goes in this process */
  readonly onShown?: ShowFrame;
  /** what is known of the cells from before; nothing unless told */
  readonly recall?: Recall;
  /** what each cell hangs on by itself */
  readonly grounds?: CellGrounds;
  /** a run that may publish goes in a process of its own, so that it can be stopped whatever it does */
  readonly isApart?: boolean;
}

/**
 * Runs a project's cells as asked.
 * @throws {HexError} HEX_INPUT_INVALID, HEX_SECRET_MISSING, HEX_STORE_UNAVAILABLE before anything
 * has run; once cells run, a failure is told by the result
 */
export async function runProject(
  project: Project,
  request: RunRequest,
  hooks: RunHooks = {},
  environment: NodeJS.ProcessEnv = process.env,
): Promise<RunResult> {
  const { directory, config } = project;
  const inputs = toInputs(project, request.inputs);
  const { store, secrets } = await openProjectStore({ directory, config }, environment);
  const wishes = toWishes(request);
  const stopping = new AbortController();
  const signal = AbortSignal.any([hooks.signal ?? stopping.signal, stopping.signal]);
  try {
    const { redactor, newest } = await openRedactor(project, { store, secrets });
    const { redact, findSecret } = redactor;
    const secret = { secrets, redactor, redact, findSecret };
    const told = toWork(project, request, hooks);
    // What may publish looks once more when it has the lease.
    const version = mayPublish(told.plan) ? undefined : newest;
    const work = { ...told, ...secret, version, signal, store, inputs };
    const { emit = () => undefined } = hooks;
    const takeLease = hooks.takeLease ?? toOwnLease(store, work, hooks);
    const isApart = hooks.isApart === true && mayPublish(work.plan);
    const run = async (tell: typeof emit) => {
      const result = isApart
        ? await runApart(project, {
            ...{ ...work, asked: request.inputs, environment, wishes },
            // The run's own process has taken secrets out of what it tells.
            emit: tell,
          })
        : await runHere(project, request, { ...work, takeLease, emit: tell });
      return redact(result, "result");
    };
    // Who names a run keeps its record himself.
    const stop = (reason: HexError) => stopping.abort(reason);
    const recorded = { ...work, emit, isResultKept: isApart };
    const result =
      hooks.runId === undefined
        ? await runRecorded(project, toRecording(config, request, recorded, stop), { store, run })
        : await run(emit);
    await hooks.keep?.(result, store);
    return result;
  } finally {
    await store.close();
  }
}

/** Runs and keeps its record, and meanwhile ends what others were killed in that may have held it up. */
async function runRecorded(
  { config }: Project,
  recording: RecordingOptions,
  { store, run }: { readonly store: Store; readonly run: Parameters<typeof recordRun>[1] },
): Promise<RunResult> {
  const { history, isTold } = recording;
  const ended = new AbortController();
  const options = { signal: ended.signal, onWarning: () => undefined };
  const healing = isTold ? keepHealing({ history, store, config }, options) : undefined;
  try {
    return await recordRun(recording, run);
  } finally {
    ended.abort();
    await healing;
  }
}

interface OwnWork extends RunWork {
  readonly redactor: Redactor;
}

/** Runs in this process; what a run that may publish hangs on is noted with what it publishes. */
async function runHere(project: Project, request: RunRequest, own: OwnWork): Promise<RunResult> {
  const { secrets, inputs, redactor } = own;
  const redactEvent = redactor.openEvents();
  const emit = (event: RunEvent) => own.emit(redactEvent(event));
  const work = { ...own, emit };
  for (const line of tellCommonSecrets(redactor)) emit({ type: "line-logged", line });
  if (!mayPublish(work.plan)) return runPlan(work);
  const onWarning = (line: string) => emit({ type: "line-logged", line });
  const grounds = work.grounds ?? (await readProjectGrounds(project, secrets));
  let before: Version | undefined;
  const planSince = (version: Version) => {
    before = version;
    return planChanged(project, request, { version, grounds, inputs });
  };
  const isPartial = request.compute === "changed";
  const result = await runPlan({
    ...work,
    grounds,
    planChanged: isPartial ? planSince : undefined,
  });
  if (result.status === "completed") {
    await writeFrameDeclarations(project, result, { before, onWarning });
  }
  return result;
}

/** What takes secrets out of what a run tells, and the version from which it knows names of the project. */
async function openRedactor(
  project: Project,
  { store, secrets }: Pick<RunWork, "store" | "secrets">,
): Promise<{ readonly redactor: Redactor; readonly newest: Version | undefined }> {
  const redactor = toRedactor(secrets);
  redactor.spare(namesOf(project));
  const newest = Object.keys(secrets).length > 0 ? await openNewest(store) : undefined;
  if (newest !== undefined) redactor.spare(frameNames(newest));
  return { redactor, newest };
}

/** A store that cannot be read is told by the run itself. */
async function openNewest(store: Store): Promise<Version | undefined> {
  try {
    return await openVersion(store);
  } catch (thrown) {
    if (!(thrown instanceof HexError)) throw thrown;
    return undefined;
  }
}

/** What a run needs that nothing has to be opened for. */
function toWork(project: Project, request: RunRequest, hooks: RunHooks) {
  const { config, cells } = project;
  const { machines, retention, maxAgeMs } = config;
  const { context, trigger } = request;
  return {
    runId: hooks.runId ?? newRunId(),
    attempt: hooks.attempt ?? 1,
    trigger,
    plan: planProject(project, context),
    sharedPlan: planProject(project, context, { isShared: true }),
    cells,
    machines,
    retention,
    maxAgeMs,
    ...toWishes(request),
    asked: new Set(request.inputs.keys()),
    holder: toHolder(),
    hasDefaultInputs: showsDefaults(project, request),
    runParts: hooks.runParts ?? runPartsHere(project, context),
    onShown: hooks.onShown,
    grounds: hooks.grounds,
    ...hooks.recall,
    now: Date.now,
  };
}

/** Whether a page shows the same without the asked inputs: those that it prunes only feed frames. */
function showsDefaults(project: Project, { inputs }: RunRequest): boolean {
  if (inputs.size === 0) return true;
  const { cells } = planProject(project, "app");
  return cells.every(({ name, action }) => action === "pruned" || !inputs.has(name));
}

/** The lease, held and renewed by this process itself. */
function toOwnLease(
  store: Store,
  { runId, attempt, holder }: Pick<RunWork, "runId" | "attempt" | "holder">,
  { leaseTimes = {} }: RunHooks,
): TakeLease {
  const run = { id: runId, attempt };
  return (wish) => acquireLease(store, { ...leaseTimes, holder, run, ...wish });
}
