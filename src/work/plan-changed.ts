import { planRun, type RunPlan } from "../cell/plan.ts";
import type { RequestedInputs } from "../cell/requested-input.ts";
import { toInputs } from "../project/inputs.ts";
import { type Project, planProject } from "../project/project.ts";
import { openProjectStore } from "../project/project-store.ts";
import { type Secrets, secretsDigest } from "../project/secrets.ts";
import { type CellFingerprints, readCellFingerprints } from "../run/cell-fingerprints.ts";
import { findNeeds, planInputs } from "../run/compute-needs.ts";
import type { ChangedPlan } from "../run/run-work.ts";
import { openFileContents } from "../source/file-contents.ts";
import { openVersion, type Version } from "../store/version.ts";
import type { RunRequest } from "./run-task.ts";

/** The published version, and the cells as they are now. */
export interface ChangesSince {
  readonly version: Version;
  readonly fingerprints: CellFingerprints;
  /** requested and configured */
  readonly inputs: RequestedInputs;
}

/** Fingerprints of the cells, as files and secrets are now. */
export async function readProjectFingerprints(
  { directory, config, cells }: Project,
  secrets: Secrets,
): Promise<CellFingerprints> {
  const digest = await secretsDigest(secrets, config);
  return readCellFingerprints(cells, {
    directory,
    contents: openFileContents(),
    secretsDigest: digest,
  });
}

/** Plans a run that computes only the heavy cells whose dependencies have changed. */
export async function planChanged(
  project: Project,
  { context }: Pick<RunRequest, "context">,
  { version, fingerprints, inputs: requested }: ChangesSince,
): Promise<ChangedPlan> {
  const { cells, graph, config } = project;
  const inputs = await planInputs(cells, requested);
  const needs = findNeeds({
    plan: planProject(project, context),
    cells,
    fingerprints,
    inputs,
    version,
    maxAgeMs: config.maxAgeMs,
    nowMs: Date.now(),
  });
  const defaults = cells.cells.flatMap(({ name, codeHash: code }) => {
    const input = inputs.get(name);
    return input === undefined ? [] : [[name, { value: input.value, code }] as const];
  });
  const plan = planRun(graph, { context, computeIn: config.computeIn, needs });
  return { plan, defaults: Object.fromEntries(defaults) };
}

/**
 * The plan of a requested run as things are now.
 * @throws {HexError} for one that computes only changes: HEX_INPUT_INVALID, HEX_SECRET_MISSING,
 * HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
 */
export async function planRequest(
  project: Project,
  request: RunRequest,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<RunPlan> {
  if (request.compute !== "changed") return planProject(project, request.context);
  const inputs = toInputs(project, request.inputs);
  const { store, secrets } = await openProjectStore(project, environment);
  try {
    const version = await openVersion(store);
    const fingerprints = await readProjectFingerprints(project, secrets);
    return (await planChanged(project, request, { version, fingerprints, inputs })).plan;
  } finally {
    await store.close();
  }
}
