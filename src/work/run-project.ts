import { HexError } from "../errors.ts";
import { writeFrameDeclarations } from "../project/declarations.ts";
import { toInputs } from "../project/inputs.ts";
import { type Project, planProject } from "../project/project.ts";
import { openProjectStore, toHolder } from "../project/project-store.ts";
import { frameNames, namesOf, warnOfCommonSecrets } from "../project/secrets.ts";
import type { CellFingerprints } from "../run/cell-fingerprints.ts";
import type { ShowFrame } from "../run/cell-output.ts";
import { newRunId } from "../run/history/run-id.ts";
import { toRunOptions } from "../run/history/run-record.ts";
import type { RunParts } from "../run/parts/join-parts.ts";
import type { Recall } from "../run/recall.ts";
import { type Redactor, toRedactor } from "../run/redact/redactor.ts";
import type { RunEvent, RunResult } from "../run/run-event.ts";
import { mayPublish, runPlan } from "../run/run-plan.ts";
import type { RunWork, TakeLease } from "../run/run-work.ts";
import { acquireLease, type LeaseOptions } from "../store/lease/lease.ts";
import type { Store } from "../store/store.ts";
import { openVersion, type Version } from "../store/version.ts";
import { planChanged, readProjectFingerprints } from "./plan-changed.ts";
import type { recoverRuns } from "./recover-runs.ts";
import { runApart } from "./run-apart.ts";
import { runPartsHere } from "./run-parts.ts";
import { type RecordingOptions, recordRun, toRecording } from "./run-recording.ts";
import type { RunRequest } from "./run-task.ts";

/** How a run is named, watched and stopped; by default it is not watched. */
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
  /** gets the whole frames that cells show, when the run goes in this process */
  readonly onShown?: ShowFrame;
  /** results of earlier runs that this one may reuse */
  readonly recall?: Recall;
  /** fingerprints of the cells */
  readonly fingerprints?: CellFingerprints;
  /** a run that may publish goes in a process of its own, so that it can be stopped whatever it does */
  readonly isApart?: boolean;
}

/**
 * Runs a project's cells as requested: opens the store, prepares the work, performs it in this process
 * or in one of its own, and records it unless the caller does.
 * @throws {HexError} HEX_INPUT_INVALID, HEX_SECRET_MISSING, HEX_STORE_UNAVAILABLE before anything
 * has run; once cells run, a failure is in the result
 */
export async function runProject(
  project: Project,
  request: RunRequest,
  hooks: RunHooks = {},
  environment: NodeJS.ProcessEnv = process.env,
): Promise<RunResult> {
  const inputs = toInputs(project, request.inputs);
  const { store, secrets } = await openProjectStore(project, environment);
  const stopping = new AbortController();
  const signal = AbortSignal.any([hooks.signal ?? stopping.signal, stopping.signal]);
  try {
    const work = await prepareWork(project, { request, hooks, inputs, store, secrets, signal });
    const { emit = () => undefined } = hooks;
    const { redactor } = work;
    const isApart = hooks.isApart === true && mayPublish(work.plan);
    const perform = async (onEvent: typeof emit) => {
      const observed = { ...work, emit: onEvent };
      const result = isApart
        ? await runApart(project, {
            ...{
              ...observed,
              requested: request.inputs,
              environment,
              options: toRunOptions(request),
            },
          })
        : await runHere(project, request, observed);
      return redactor.redact(result, "result");
    };
    const recorded = { ...work, emit, isResultKept: isApart };
    const stop = (reason: HexError) => stopping.abort(reason);
    // A caller that names the run records it itself.
    const result =
      hooks.runId === undefined
        ? await runRecorded(project, toRecording(project.config, request, recorded, stop), perform)
        : await perform(emit);
    await hooks.keep?.(result, store);
    return result;
  } finally {
    await store.close();
  }
}

/** Runs and keeps its record; meanwhile ends runs that were killed and may hold this one up. */
async function runRecorded(
  { config }: Project,
  recording: RecordingOptions,
  perform: Parameters<typeof recordRun>[1],
): Promise<RunResult> {
  const { history, store, isRecordedWhileRunning } = recording;
  const ended = new AbortController();
  const options = { signal: ended.signal, onWarning: () => undefined };
  const recovering = isRecordedWhileRunning
    ? recover({ history, store, config }, options)
    : undefined;
  try {
    return await recordRun(recording, perform);
  } finally {
    ended.abort();
    await recovering;
  }
}

/** A run that only reads does not load this. */
async function recover(...args: Parameters<typeof recoverRuns>): Promise<void> {
  const { recoverRuns } = await import("./recover-runs.ts");
  await recoverRuns(...args);
}

interface OwnWork extends RunWork {
  readonly redactor: Redactor;
}

/** Runs in this process; fingerprints of the cells are published with their frames. */
async function runHere(project: Project, request: RunRequest, own: OwnWork): Promise<RunResult> {
  const { secrets, inputs, redactor } = own;
  const redactEvent = redactor.openEvents();
  const emit = (event: RunEvent) => own.emit(redactEvent(event));
  const work = { ...own, emit };
  for (const line of warnOfCommonSecrets(redactor)) emit({ type: "line-logged", line });
  if (!mayPublish(work.plan)) return runPlan(work);
  const onWarning = (line: string) => emit({ type: "line-logged", line });
  const fingerprints = work.fingerprints ?? (await readProjectFingerprints(project, secrets));
  let before: Version | undefined;
  const planSince = (version: Version) => {
    before = version;
    return planChanged(project, request, { version, fingerprints, inputs });
  };
  const isPartial = request.compute === "changed";
  const result = await runPlan({
    ...work,
    fingerprints,
    planChanged: isPartial ? planSince : undefined,
  });
  if (result.status === "completed") {
    await writeFrameDeclarations(project, result, { before, onWarning });
  }
  return result;
}

interface Preparation extends Pick<RunWork, "inputs" | "store" | "secrets" | "signal"> {
  readonly request: RunRequest;
  readonly hooks: RunHooks;
}

/** The work of a run but for its events. */
async function prepareWork(project: Project, { request, hooks, ...opened }: Preparation) {
  const { store, secrets } = opened;
  const redactor = toRedactor(secrets);
  redactor.spare(namesOf(project));
  const newest = Object.keys(secrets).length > 0 ? await openNewest(store) : undefined;
  if (newest !== undefined) redactor.spare(frameNames(newest));
  const { redact, findSecret } = redactor;
  const work = toWork(project, request, hooks);
  // A run that may publish reads the version again once it has the lease.
  const version = mayPublish(work.plan) ? undefined : newest;
  const takeLease = hooks.takeLease ?? toOwnLease(store, work, hooks);
  return { ...work, ...opened, redactor, redact, findSecret, version, takeLease };
}

/** The newest version; the run itself reports a store that cannot be read. */
async function openNewest(store: Store): Promise<Version | undefined> {
  try {
    return await openVersion(store);
  } catch (thrown) {
    if (!(thrown instanceof HexError)) throw thrown;
    return undefined;
  }
}

/** The part of the work for which nothing has to be opened. */
function toWork(project: Project, request: RunRequest, hooks: RunHooks) {
  const { config, cells } = project;
  const { machines, retention, alsoPublish, maxAgeMs } = config;
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
    alsoPublish,
    maxAgeMs,
    ...toRunOptions(request),
    asked: new Set(request.inputs.keys()),
    holder: toHolder(),
    hasDefaultInputs: showsDefaults(project, request),
    runParts: hooks.runParts ?? runPartsHere(project, context),
    onShown: hooks.onShown,
    fingerprints: hooks.fingerprints,
    ...hooks.recall,
    now: Date.now,
  };
}

/** Whether a page shows the same without the requested inputs: pruned ones only feed frames. */
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
  return (options) => acquireLease(store, { ...leaseTimes, holder, run, ...options });
}
