import { framesRead, type RunPlan, restrictPlan } from "../cell/plan.ts";
import type { Frame } from "../frame/frame.ts";
import { ownValue } from "../frame/own-value.ts";
import { openProject, type Project, planProject } from "../project/project.ts";
import { openProjectStore } from "../project/project-store.ts";
import { namesOf, type Secrets } from "../project/secrets.ts";
import type { CellOutput } from "../run/cell-output.ts";
import { toPageOutput } from "../run/cell-output.ts";
import { type Redact, toRedactor } from "../run/redact/redactor.ts";
import type { RunEvent } from "../run/run-event.ts";
import { toSha256 } from "../sha256.ts";
import type { Store } from "../store/store.ts";
import { parseEvaluationId } from "../store/version.ts";
import { CellCache } from "./cell-cache.ts";
import {
  type EvaluatedCells,
  evaluateCells,
  toViewerInputs,
  type ViewedProject,
} from "./evaluate-cells.ts";
import type { CsvRequest, EvaluateRequest, ViewedVersion } from "./evaluation.ts";
import { Evaluations, type OpenedVersion, PinnedVersions } from "./evaluations.ts";
import { FingerprintReader } from "./project-reader.ts";
import {
  goneEvaluation,
  type KernelAnswer,
  type KernelSession,
  lostError,
  type RequestContext,
  type SessionRequest,
  showsNoTable,
} from "./request.ts";
import type { SharedFiles } from "./shared-files.ts";

/** Of the memory that the process may take, so much is for results of cells. */
const MEMORY_SHARE = 0.25;

interface ViewerSessionOptions {
  readonly runtimeUrl: string;
  readonly emit: (event: RunEvent) => void;
  /** what the threads of one process share; none in a process of its own */
  readonly files?: SharedFiles | undefined;
}

/** Opens a project, as its files are now, for viewers of its published versions. */
export async function openViewerSession(
  folder: string,
  { runtimeUrl, emit, files }: ViewerSessionOptions,
): Promise<KernelSession> {
  const project = await openProject(folder, { runtimeUrl });
  const { store: own, secrets } = await openProjectStore(project, process.env);
  const store = files?.share(own) ?? own;
  const plan = planProject(project, "app");
  return new ViewerSession(plan, toViewed({ project, store, secrets, emit }, plan));
}

function toViewed(
  opened: {
    readonly project: Project;
    readonly store: Store;
    readonly secrets: Secrets;
    readonly emit: (event: RunEvent) => void;
  },
  plan: RunPlan,
): ViewedProject {
  const { project, secrets } = opened;
  const redactor = toRedactor(secrets);
  redactor.spare(namesOf(project));
  const computed = new Set(
    plan.cells.flatMap(({ name, action }) => (action === "computed" ? name : [])),
  );
  return {
    ...opened,
    redactor,
    cache: new CellCache({ limitBytes: MEMORY_SHARE * project.config.runs.memoryBytes }),
    // Data of cells that are read may be large, and need not be where viewers are answered.
    fingerprints: new FingerprintReader((cell) => computed.has(cell)),
  };
}

/** Answers viewers: evaluates cells over pinned versions, and writes nothing. */
class ViewerSession implements KernelSession {
  readonly #viewed: ViewedProject;
  readonly #plan: RunPlan;
  readonly #versions: PinnedVersions;
  readonly #evaluations = new Evaluations();
  /** an output that was sent once is not put into JSON again */
  readonly #texts = new WeakMap<CellOutput, string>();

  constructor(plan: RunPlan, viewed: ViewedProject) {
    const { project, store, cache, emit } = viewed;
    this.#viewed = viewed;
    this.#plan = plan;
    this.#versions = new PinnedVersions({
      ...{ store, cache, cells: project.cells, frames: framesRead(plan) },
      onWarning: (line) => emit({ type: "line-logged", line }),
    });
  }

  async answer(request: SessionRequest, context: RequestContext): Promise<KernelAnswer> {
    switch (request.kind) {
      case "evaluate":
        return this.#evaluate(request.query, context);
      case "warm":
        return this.#warm(request.version, context);
      case "run":
      case "publish":
        throw new Error("Expected viewers to evaluate, got a request to a notebook");
    }
  }

  get redact(): Redact {
    return this.#viewed.redactor.redact;
  }

  /** Without secrets, and without the location of the store. */
  toMessage(message: string): string {
    const { store, redactor } = this.#viewed;
    return redactor.redact(message.replaceAll(store.location, "the store"), "text");
  }

  close(): Promise<void> {
    return this.#viewed.store.close();
  }

  async #evaluate(query: EvaluateRequest, context: RequestContext): Promise<KernelAnswer> {
    const { project } = this.#viewed;
    const opened = await this.#versions.open(query);
    const { press = {} } = query;
    const names = project.cells.cells.map(({ name }) => name);
    const asked = names.filter((name) => query.cells.includes(name));
    const { losses } = this.#viewed.cache;
    const evaluated = await evaluateCells(this.#viewed, {
      ...{ ...context, opened, press, asked },
      inputs: toViewerInputs(query, project),
      plan: restrictPlan(this.#plan, asked),
    });
    this.#refuseLost(opened, losses);
    const { results, inputs } = evaluated.recall;
    const values = Object.fromEntries(
      [...inputs].sort(([left], [right]) => (left < right ? -1 : 1)),
    );
    const { number: version, id: commit } = opened.version;
    const state = toSha256(JSON.stringify([version, commit, values, press]));
    const evaluation = this.#evaluations.settle(state, opened, results);
    const head = { evaluation, version, commit, inputs: this.redact(values, "inputs") };
    const cells = asked.flatMap((name) => this.#toText(name, evaluated, ownValue(query.has, name)));
    const invalid = JSON.stringify(this.redact(evaluated.invalid, "invalid"));
    const text = `${JSON.stringify(head).slice(0, -1)},"cells":[${cells.join(",")}],"invalid":${invalid}}`;
    return { text, evaluation };
  }

  /**
   * Refuses what cells came to when a column could not be read meanwhile: one that has caught the failure
   * may have gone on without it. All is evaluated anew from then on.
   * @throws {HexError} HEX_STORE_DAMAGED
   */
  #refuseLost({ version }: OpenedVersion, losses: number): void {
    if (this.#viewed.cache.losses === losses) return;
    throw lostError(`a frame of version ${version.number}`);
  }

  /** A cell's result as JSON; its output only where it is not the one that the caller has. */
  #toText(
    name: string,
    { cells, recall, shown }: EvaluatedCells,
    has: string | undefined,
  ): string[] {
    const cell = cells.get(name);
    if (cell === undefined) return [];
    // Locations of files are for those who run the project.
    const { output, error, csv: _, ...rest } = cell;
    const result = recall.results.get(name)?.result;
    const isSame = result !== undefined && result === has;
    const text = JSON.stringify({
      ...rest,
      ...(error && { error: { ...error, message: this.toMessage(error.message) } }),
      ...(result !== undefined && { result }),
      ...(isSame && { isSame }),
    });
    if (output === undefined || isSame) return [text];
    const outputText = this.#texts.get(output) ?? this.#outputText(output, shown.get(name));
    this.#texts.set(output, outputText);
    return [`${text.slice(0, -1)},"output":${outputText}}`];
  }

  #outputText(output: CellOutput, shown: Frame | undefined): string {
    return JSON.stringify(this.redact(toPageOutput(output, shown), "output"));
  }

  async findShown({ evaluation, cell }: CsvRequest): Promise<Frame> {
    const published = parseEvaluationId(evaluation);
    if (published !== undefined) {
      const { generation: version, commitId: commit } = published;
      return findPublished(cell, await this.#versions.open({ version, commit }));
    }
    const known = this.#evaluations.find(evaluation);
    if (known === undefined) throw goneEvaluation(cell);
    const result = known.results.get(cell);
    if (result === undefined) throw showsNoTable(cell);
    const cached = this.#viewed.cache.find(result);
    if (cached?.computed.shown !== undefined) return cached.computed.shown;
    if (cached !== undefined) throw showsNoTable(cell);
    if (known.opened.published?.has(cell, result) === true) {
      return findPublished(cell, known.opened);
    }
    // An input is not cached: it shows its value.
    const isInput = this.#plan.cells.some(({ name, kind }) => name === cell && kind === "input");
    throw isInput ? showsNoTable(cell) : goneEvaluation(cell);
  }

  /** Loads what a viewer's change will need; a failure is thrown again by that. */
  async #warm(version: ViewedVersion | null, context: RequestContext): Promise<KernelAnswer> {
    const { project } = this.#viewed;
    const pinned = version ?? { version: null, commit: null };
    const { cells } = this.#plan;
    const computed = cells.filter(({ action, kind }) => action === "computed" && kind !== "cached");
    await Promise.allSettled(computed.map(({ name }) => project.cells.load(name)));
    const read = cells.filter(({ action }) => action === "read").map(({ name }) => name);
    const opened = await this.#versions.open(pinned);
    await Promise.all(read.map((name) => opened.published?.readShown(name)));
    await this.#evaluate({ ...pinned, inputs: {}, cells: read }, context);
    return { text: "null" };
  }
}

async function findPublished(cell: string, { published }: OpenedVersion): Promise<Frame> {
  if (published?.has(cell) !== true) throw goneEvaluation(cell);
  const shown = await published.readShown(cell);
  if (shown !== undefined) return shown;
  throw published.showsTable(cell) ? goneEvaluation(cell) : showsNoTable(cell);
}
