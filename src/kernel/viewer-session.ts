import { framesRead, type RunPlan } from "../cell/plan.ts";
import { restrictPlan } from "../cell/restrict-plan.ts";
import { expectation } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { ownValue } from "../frame/own-value.ts";
import { openProject, type Project, planProject } from "../project/project.ts";
import { openProjectStore } from "../project/project-store.ts";
import type { Secrets } from "../project/secrets.ts";
import { frameNames, namesOf } from "../project/secrets.ts";
import type { CellOutput } from "../run/cell-output.ts";
import { ColumnReads } from "../run/column-reads.ts";
import { newRunId } from "../run/history/run-id.ts";
import { toPageOutput } from "../run/page-output.ts";
import type { RunParts } from "../run/parts/join-parts.ts";
import { type Redactor, toRedactor } from "../run/redact/redactor.ts";
import { runCells } from "../run/run-cells.ts";
import type { CellResult, RunEvent } from "../run/run-event.ts";
import { RunFrames } from "../run/run-frames.ts";
import { toSha256 } from "../sha256.ts";
import { parseEvaluationId } from "../store/evaluation-id.ts";
import type { Store } from "../store/store.ts";
import { type AskedInputs, toAskedInputs } from "./asked-inputs.ts";
import { CellMemory } from "./cell-memory.ts";
import type { CsvRequest, EvaluateRequest, InvalidInput, ViewedVersion } from "./evaluation.ts";
import { Evaluations, goneEvaluation, showsNoTable } from "./evaluations.ts";
import { GroundsReader } from "./grounds.ts";
import { type OpenedVersion, PinnedVersions } from "./pinned-versions.ts";
import { KernelRecall } from "./recall.ts";
import type { KernelAnswer, KernelRequest, KernelSession, RequestContext } from "./request.ts";
import { RowsReader } from "./rows.ts";
import { EvaluationStanding } from "./standing.ts";

/** Of the memory that the process may take, so much is for what cells came to. */
const MEMORY_SHARE = 0.25;

/** Opens a project, as its files are now, for those who look at published versions of it. */
export async function openViewerSession(
  folder: string,
  { runtimeUrl, emit }: { readonly runtimeUrl: string; readonly emit: (event: RunEvent) => void },
): Promise<KernelSession> {
  const project = await openProject(folder, { runtimeUrl });
  const { store, secrets } = await openProjectStore(project, process.env);
  return new ViewerSession({ project, store, secrets, emit });
}

interface Viewed {
  readonly project: Project;
  readonly store: Store;
  readonly secrets: Secrets;
  /** told what cells log */
  readonly emit: (event: RunEvent) => void;
}

/** One evaluation that goes. */
interface Evaluating extends RequestContext {
  readonly opened: OpenedVersion;
  readonly asked: AskedInputs;
  readonly press: Readonly<Record<string, string>>;
  readonly plan: RunPlan;
  /** names of the cells to be told, in file order */
  readonly cells: readonly string[];
  /** published cells of which another value is needed than can be had */
  readonly withheld: Set<string>;
}

interface Evaluated {
  readonly recall: KernelRecall;
  readonly cells: ReadonlyMap<string, CellResult>;
  readonly shown: ReadonlyMap<string, Frame>;
  readonly invalid: readonly InvalidInput[];
}

/** Answers viewers: evaluates cells over pinned versions, and writes nothing. */
class ViewerSession implements KernelSession {
  readonly #viewed: Viewed;
  readonly #redactor: Redactor;
  readonly #plan: RunPlan;
  readonly #memory: CellMemory;
  readonly #versions: PinnedVersions;
  readonly #evaluations = new Evaluations();
  readonly #grounds: GroundsReader;
  readonly #rows = new RowsReader((ask) => this.#findShown(ask));
  /** what was told once is not put into JSON again */
  readonly #texts = new WeakMap<CellOutput, string>();

  constructor(viewed: Viewed) {
    const { project, store, secrets, emit } = viewed;
    this.#viewed = viewed;
    this.#redactor = toRedactor(secrets);
    this.#redactor.spare(namesOf(project));
    this.#plan = planProject(project, "app");
    const computed = new Set(
      this.#plan.cells.flatMap(({ name, action }) => (action === "computed" ? name : [])),
    );
    // Data of cells that are read may be large, and need not be where viewers are answered.
    this.#grounds = new GroundsReader((cell) => computed.has(cell));
    this.#memory = new CellMemory({ limitBytes: MEMORY_SHARE * project.config.runs.memoryBytes });
    const { cells } = project;
    const onWarning = (line: string) => emit({ type: "line-logged", line });
    this.#versions = new PinnedVersions(store, {
      ...{ cells, memory: this.#memory, onWarning },
      frames: framesRead(this.#plan),
    });
  }

  async answer(order: KernelRequest, context: RequestContext): Promise<KernelAnswer> {
    switch (order.kind) {
      case "evaluate":
        return this.#evaluate(order.ask, context);
      case "rows":
        return { text: await this.#rows.rows(order.ask, this.#redactor.redact) };
      case "csv":
        return { text: await this.#rows.csv(order.ask, order.start, this.#redactor.redact) };
      case "warm":
        return this.#warm(order.version, context);
      case "run":
      case "publish":
        throw new Error("Expected viewers to evaluate, got an order for a notebook");
    }
  }

  /** Without secrets, and without where the store is. */
  redact(message: string): string {
    const { location } = this.#viewed.store;
    return this.#redactor.redact(message.replaceAll(location, "the store"), "text");
  }

  close(): Promise<void> {
    return this.#viewed.store.close();
  }

  async #evaluate(ask: EvaluateRequest, context: RequestContext): Promise<KernelAnswer> {
    const { project } = this.#viewed;
    const opened = await this.#versions.open(ask);
    const asked = toAskedInputs(ask, project);
    const { press = {} } = ask;
    const cells = project.cells.cells
      .map(({ name }) => name)
      .filter((name) => ask.cells.includes(name));
    const plan = restrictPlan(this.#plan, cells);
    const withheld = new Set<string>();
    const evaluating = { ...context, opened, asked, press, plan, cells, withheld };
    const evaluated = await this.#evaluateWhole(evaluating);
    const { results, inputs } = evaluated.recall;
    const values = Object.fromEntries(
      [...inputs].sort(([left], [right]) => (left < right ? -1 : 1)),
    );
    const { number, id } = opened.version;
    const { redact } = this.#redactor;
    const state = toSha256(JSON.stringify([number, id, values, press]));
    const evaluation = this.#evaluations.settle(state, opened, results);
    const head = {
      evaluation,
      version: number,
      commit: id,
      inputs: redact(values, "inputs"),
    };
    const told = cells.flatMap((name) => this.#toText(name, evaluated, ownValue(ask.has, name)));
    const refused = JSON.stringify(redact(evaluated.invalid, "invalid"));
    const text = `${JSON.stringify(head).slice(0, -1)},"cells":[${told.join(",")}],"invalid":${refused}}`;
    return { text, evaluation };
  }

  /** Evaluates, and once more as long as a value is needed that cannot be had of what is published. */
  async #evaluateWhole(evaluating: Evaluating): Promise<Evaluated> {
    for (;;) {
      const { size } = evaluating.withheld;
      const evaluated = await this.#run(evaluating);
      if (evaluating.withheld.size === size) return evaluated;
    }
  }

  async #run(evaluating: Evaluating): Promise<Evaluated> {
    const { opened, asked, press, plan, signal, withheld } = evaluating;
    const { project, store, secrets, emit } = this.#viewed;
    const { version, published } = opened;
    this.#redactor.spare(frameNames(version));
    const { cells, config } = project;
    const grounds = await this.#grounds.read(project, secrets);
    const recall = new KernelRecall({
      ...{ memory: this.#memory, grounds, press, published, withheld },
      scope: toSha256(JSON.stringify([version.number, version.id, asked.state, press])),
    });
    const shown = new Map<string, Frame>();
    const invalid = new Map(asked.unknown.map((each) => [each.name, each]));
    const standing = new EvaluationStanding({
      ...evaluating,
      version,
      asked: evaluating.cells,
      invalid,
    });
    const redactEvent = this.#redactor.openEvents();
    const tell = (event: RunEvent) => {
      standing.take(event);
      if (event.type === "line-logged") emit(redactEvent(event));
    };
    const onWarning = (line: string) => tell({ type: "line-logged", line });
    const results = await runCells({
      ...{ store, plan, cells, secrets, signal, recall },
      findSecret: this.#redactor.findSecret,
      // Most cells are recalled, and their modules were loaded ahead.
      isSparing: true,
      runId: newRunId(),
      attempt: 1,
      frames: new RunFrames({ store, signal, now: Date.now, onWarning, version }),
      reads: new ColumnReads(),
      inputs: asked.requested,
      recordedDefaults: async () => version.commit?.defaults,
      standIns: {
        inputs: asked.configured,
        onInvalid: (name, message) => invalid.set(name, { name, message }),
      },
      emit: tell,
      onComputing: (name) => standing.begin(name),
      onShown: (name, { frame }) => shown.set(name, frame),
      maxAgeMs: config.maxAgeMs,
      runParts: refuseParts,
      now: Date.now,
    });
    return { recall, cells: results, shown, invalid: [...invalid.values()] };
  }

  /** What became of a cell, as JSON; its output only where it is not the one that the asker has. */
  #toText(name: string, { cells, recall, shown }: Evaluated, has: string | undefined): string[] {
    const cell = cells.get(name);
    if (cell === undefined) return [];
    // Where files are is for those who run the project.
    const { output, error, csv: _, ...rest } = cell;
    const result = recall.results.get(name)?.result;
    const isSame = result !== undefined && result === has;
    const told = JSON.stringify({
      ...rest,
      ...(error && { error: { ...error, message: this.redact(error.message) } }),
      ...(result !== undefined && { result }),
      ...(isSame && { isSame }),
    });
    if (output === undefined || isSame) return [told];
    const text = this.#texts.get(output) ?? this.#outputText(output, shown.get(name));
    this.#texts.set(output, text);
    return [`${told.slice(0, -1)},"output":${text}}`];
  }

  #outputText(output: CellOutput, shown: Frame | undefined): string {
    return JSON.stringify(this.#redactor.redact(toPageOutput(output, shown), "output"));
  }

  /** The whole frame that a cell shows in an evaluation. */
  async #findShown({ evaluation, cell }: CsvRequest): Promise<Frame> {
    const published = parseEvaluationId(evaluation);
    if (published !== undefined) {
      const { generation: version, commitId: commit } = published;
      return this.#findPublished(cell, await this.#versions.open({ version, commit }));
    }
    const held = this.#evaluations.find(evaluation);
    if (held === undefined) throw goneEvaluation(cell);
    const result = held.results.get(cell);
    if (result === undefined) throw showsNoTable(cell);
    const record = this.#memory.find(result);
    if (record?.shown !== undefined) return record.shown;
    if (record !== undefined) throw showsNoTable(cell);
    if (held.opened.published?.has(cell, result) === true) {
      return this.#findPublished(cell, held.opened);
    }
    // An input is not held: what it shows is its value.
    if (this.#plan.cells.some(({ name, kind }) => name === cell && kind === "input")) {
      throw showsNoTable(cell);
    }
    throw goneEvaluation(cell);
  }

  async #findPublished(cell: string, { published }: OpenedVersion): Promise<Frame> {
    if (published?.has(cell) !== true) throw goneEvaluation(cell);
    const shown = await published.readShown(cell);
    if (shown !== undefined) return shown;
    throw published.showsTable(cell) ? goneEvaluation(cell) : showsNoTable(cell);
  }

  /** Loads what a viewer's change will need; what fails now fails then. */
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

/** Parts leave their frames in the store, where a viewer's change is to leave nothing. */
const refuseParts: RunParts = async ({ cell }) => {
  throw expectation("HEX_CELL_FAILED", {
    place: `cell ${cell}, which is computed over parts,`,
    expected: "read by a page",
    got: "one that computes in app runs",
    hint: "let `computeIn` name another context",
  });
};
