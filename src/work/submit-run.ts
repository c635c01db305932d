import * as v from "valibot";
import { expectation } from "../errors.ts";
import { toInputs } from "../project/inputs.ts";
import type { Project } from "../project/project.ts";
import { toRequester } from "../project/project-store.ts";
import { namesOf } from "../project/secrets.ts";
import { isRunId, newRunId } from "../run/history/run-id.ts";
import type { RunOccasion, RunRecord } from "../run/history/run-record.ts";
import { toRunOptions } from "../run/history/run-record.ts";
import { toSha256 } from "../sha256.ts";
import { DocumentKind } from "../store/document.ts";
import { KEYS_PREFIX } from "../store/key.ts";
import { isDamage } from "../store/stored-file.ts";
import { openProjectRuns, type ProjectRuns } from "./project-runs.ts";
import { type RunRequest, toPlainInputs } from "./run-task.ts";

/** Who asks for a run, and on what occasion. */
export interface Submission {
  /** `user@host`, or the name of a token */
  readonly requestedBy: string;
  /** by default the run gets a new id; submitting an id again is the same run */
  readonly runId?: string | undefined;
  readonly occasion?: RunOccasion | undefined;
  /** a text by which a repeated request within a day gets the run of the first */
  readonly idempotencyKey?: string | undefined;
  /** whose key it is: keys of several owners are kept apart; `requestedBy` unless told */
  readonly keyOwner?: string | undefined;
}

/** A run that was accepted: it will come to an end, also when processes are killed meanwhile. */
export interface SubmittedRun {
  readonly runId: string;
  /** whether it had been submitted before */
  readonly isKnown: boolean;
}

/** Runs that people and programs wait for come before those that a clock files. */
const PRIORITY = { cli: 3, page: 3, api: 5, schedule: 7 } as const;

/**
 * The request with its values read and checked, as far as that can be done before cells run.
 * @throws {HexError} HEX_INPUT_INVALID
 */
function checkRequest(project: Project, request: RunRequest): RunRequest {
  const checked = toInputs(project, request.inputs);
  const asked = [...checked].filter(([name]) => request.inputs.has(name));
  return { ...request, inputs: new Map(asked) };
}

/**
 * Accepts a run and gives its id at once; a worker carries it out.
 * @throws {HexError} HEX_KEY_REUSED when the idempotency key came with another
 * request before; HEX_STORE_UNAVAILABLE, HEX_QUEUE_UNAVAILABLE: submitting it again with the same id
 * or key is then safe
 */
export async function submitRun(
  runs: ProjectRuns,
  request: RunRequest,
  submission: Submission,
): Promise<SubmittedRun> {
  const record = toRecord(request, submission);
  const { idempotencyKey, keyOwner = submission.requestedBy } = submission;
  const first =
    idempotencyKey === undefined
      ? record.runId
      : await claimKey(runs, [keyOwner, idempotencyKey], record);
  const own = { ...record, runId: first, inputs: runs.redact(record.inputs, "inputs") };
  const accepted = await runs.history.accept(own);
  await enqueueRun(runs, own);
  return { runId: first, isKnown: accepted === "known" };
}

/**
 * Submits a run of a project that this process has read, on behalf of whoever runs the process.
 * @throws {HexError} as `checkRequest`, `openProjectRuns` and `submitRun` do
 */
export async function submitFromHere(project: Project, request: RunRequest): Promise<SubmittedRun> {
  const checked = checkRequest(project, request);
  const runs = await openProjectRuns(project.directory, project);
  runs.redactor.spare(namesOf(project));
  try {
    return await submitRun(runs, checked, { requestedBy: toRequester() });
  } finally {
    await runs.close();
  }
}

/** Puts an accepted run into the queue; one that is there already stays as it is. */
export async function enqueueRun(
  { queue }: Pick<ProjectRuns, "queue">,
  { runId, trigger }: Pick<RunRecord, "runId" | "trigger">,
): Promise<void> {
  await queue.submit({ id: runId, lane: "run", payload: {}, priority: PRIORITY[trigger] });
}

function toRecord(request: RunRequest, submission: Submission): RunRecord {
  const { context, trigger, inputs } = request;
  return {
    format: 1,
    runId: submission.runId ?? newRunId(),
    context,
    trigger,
    requestedBy: submission.requestedBy,
    ...(submission.occasion === undefined ? {} : { occasion: submission.occasion }),
    ...toPlainInputs(inputs),
    ...toRunOptions(request),
    isQueued: true,
    state: "queued",
    submittedAt: new Date().toISOString(),
    startedAt: null,
    endedAt: null,
    attempts: [],
    version: null,
    isPublisher: false,
    cells: [],
  };
}

const keyClaims = new DocumentKind({
  schema: v.object({
    runId: v.pipe(v.string(), v.check(isRunId)),
    /** digest of the request */
    request: v.string(),
  }),
});

/** Which run a key stands for: this one, or that of the first call with it. */
async function claimKey(
  { store, config }: Pick<ProjectRuns, "store" | "config">,
  ownedKey: readonly [owner: string, idempotencyKey: string],
  record: RunRecord,
): Promise<string> {
  const { context, inputs } = record;
  const { acceptSchema, ...options } = toRunOptions(record);
  const named = Object.entries(inputs).sort(([left], [right]) => (left < right ? -1 : 1));
  const request = toSha256(
    // As earlier releases wrote it where no other options are set.
    JSON.stringify([context, named, acceptSchema, options].slice(0, isEmpty(options) ? 3 : 4)),
  );
  const key = `${KEYS_PREFIX}${toSha256(JSON.stringify(ownedKey))}.json`;
  const document = keyClaims.at(store, key);
  // A damaged claim may be that of an accepted run: its key counts as used.
  const read = () => document.read().catch(orDamaged);
  // A store that ignores conditions, which one machine may use, would take every key for a new one.
  const isAlone = config.machines === "one" && config.store.kind === "s3";
  const known = isAlone ? await read() : undefined;
  if (known === undefined) {
    const condition = { ifNoneMatch: "*" } as const;
    const written = await document.write({ runId: record.runId, request }, { condition });
    if (written.status === "written") return record.runId;
  }
  const claim = (known ?? (await read()))?.value;
  if (claim?.request === request) return claim.runId;
  throw expectation("HEX_KEY_REUSED", {
    place: "the idempotency key",
    expected: "used again only with the same request",
    got: claim === undefined ? "one of which the store does not tell" : "another request",
    hint: "use a new key for a new request",
  });
}

function orDamaged(thrown: unknown): { readonly value: undefined } {
  if (isDamage(thrown)) return { value: undefined };
  throw thrown;
}

function isEmpty(options: object): boolean {
  return Object.keys(options).length === 0;
}
