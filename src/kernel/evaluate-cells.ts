import { readInputValue } from "../cell/input-value.ts";
import { type RunPlan, waitingFor } from "../cell/plan.ts";
import {
  type RequestedInput,
  type RequestedInputs,
  toRequestedInputs,
} from "../cell/requested-input.ts";
import { isPressedButton } from "../cell/shown-input.ts";
import { expectation, HexError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { toConfigured } from "../project/inputs.ts";
import type { Project } from "../project/project.ts";
import type { Secrets } from "../project/secrets.ts";
import { frameNames } from "../project/secrets.ts";
import { ColumnReads } from "../run/column-reads.ts";
import { newRunId } from "../run/history/run-id.ts";
import type { RunParts } from "../run/parts/join-parts.ts";
import type { Redactor } from "../run/redact/redactor.ts";
import { runCells } from "../run/run-cells.ts";
import type { CellResult, RunEvent } from "../run/run-event.ts";
import { RunFrames } from "../run/run-frames.ts";
import { toSha256 } from "../sha256.ts";
import type { Store } from "../store/store.ts";
import type { CellCache } from "./cell-cache.ts";
import type { InvalidInput, ViewerState } from "./evaluation.ts";
import type { OpenedVersion } from "./evaluations.ts";
import type { FingerprintReader } from "./project-reader.ts";
import { KernelRecall } from "./recall.ts";
import { type ComputingCell, type RequestContext, unknownInputs } from "./request.ts";

/** A project as viewers see it. */
export interface ViewedProject {
  readonly project: Project;
  readonly store: Store;
  readonly secrets: Secrets;
  readonly redactor: Redactor;
  readonly cache: CellCache;
  readonly fingerprints: FingerprintReader;
  /** takes the lines that cells log */
  readonly emit: (event: RunEvent) => void;
}

export interface EvaluationOptions extends RequestContext {
  readonly opened: OpenedVersion;
  readonly inputs: ViewerInputs;
  readonly press: Readonly<Record<string, string>>;
  /** of the cells asked for, and those above them */
  readonly plan: RunPlan;
  /** names of the cells asked for, in file order */
  readonly asked: readonly string[];
}

export interface EvaluatedCells {
  readonly recall: KernelRecall;
  readonly cells: ReadonlyMap<string, CellResult>;
  readonly shown: ReadonlyMap<string, Frame>;
  readonly invalid: readonly InvalidInput[];
}

/** Evaluates cells, and once more while a value is needed that cannot be had of what is published. */
export async function evaluateCells(
  viewed: ViewedProject,
  options: EvaluationOptions,
): Promise<EvaluatedCells> {
  const withheld = new Set<string>();
  for (;;) {
    const { size } = withheld;
    const evaluated = await evaluateOnce(viewed, options, withheld);
    if (withheld.size === size) return evaluated;
  }
}

async function evaluateOnce(
  { project, store, secrets, redactor, cache, fingerprints, emit }: ViewedProject,
  options: EvaluationOptions,
  withheld: Set<string>,
): Promise<EvaluatedCells> {
  const { opened, inputs, press, plan, signal } = options;
  const { version, published } = opened;
  redactor.spare(frameNames(version));
  const recall = new KernelRecall({
    ...{ cache, press, published, withheld },
    fingerprints: await fingerprints.read(project, secrets),
    scope: toSha256(JSON.stringify([version.number, version.id, inputs.state, press])),
  });
  const shown = new Map<string, Frame>();
  const invalid = new Map(inputs.unknown.map((each) => [each.name, each]));
  const progress = new EvaluationProgress(options, invalid);
  const redactEvent = redactor.openEvents();
  const onEvent = (event: RunEvent) => {
    progress.onEvent(event);
    if (event.type === "line-logged") emit(redactEvent(event));
  };
  const onWarning = (line: string) => onEvent({ type: "line-logged", line });
  const cells = await runCells({
    ...{ store, plan, cells: project.cells, secrets, signal, recall },
    findSecret: redactor.findSecret,
    // Most results are cached, and the modules were loaded ahead.
    isSparing: true,
    runId: newRunId(),
    attempt: 1,
    frames: new RunFrames({ store, signal, now: Date.now, onWarning, version }),
    reads: new ColumnReads(),
    inputs: inputs.requested,
    recordedDefaults: async () => version.commit?.defaults,
    standIns: {
      inputs: inputs.configured,
      onInvalid: (name, message) => invalid.set(name, { name, message }),
    },
    emit: onEvent,
    onComputing: (name) => progress.begin(name),
    onShown: (name, { frame }) => shown.set(name, frame),
    maxAgeMs: project.config.maxAgeMs,
    runParts: refuseParts,
    now: Date.now,
  });
  return { recall, cells, shown, invalid: [...invalid.values()] };
}

/** Parts leave their frames in the store, where an evaluation writes nothing. */
const refuseParts: RunParts = async ({ cell }) => {
  throw expectation("HEX_CELL_FAILED", {
    place: `cell ${cell}, which is computed over parts,`,
    expected: "read by a page",
    got: "one that computes in app runs",
    hint: "let `computeIn` name another context",
  });
};

/** Follows which cells' code runs in an evaluation, and reports it. */
class EvaluationProgress {
  readonly #options: EvaluationOptions;
  readonly #invalid: ReadonlyMap<string, InvalidInput>;
  readonly #computing = new Map<string, ComputingCell>();
  /** the cell whose code has not paused since it was called */
  #unpaused: string | undefined;
  #isPress = false;

  constructor(options: EvaluationOptions, invalid: ReadonlyMap<string, InvalidInput>) {
    this.#options = options;
    this.#invalid = invalid;
  }

  /** A cell's code is called next. */
  begin(name: string): void {
    const { asked, plan } = this.#options;
    const all = waitingFor(plan, name);
    const below = asked.filter((each) => all.has(each));
    this.#computing.set(name, { name, startedAt: new Date().toISOString(), below });
    this.#unpaused = name;
    this.#report();
    setImmediate(() => {
      if (this.#unpaused !== name) return;
      this.#unpaused = undefined;
      if (this.#computing.has(name)) this.#report();
    });
  }

  onEvent(event: RunEvent): void {
    if (event.type !== "cell-ended") return;
    const { name, output } = event.cell;
    if (isPressedButton(output)) this.#isPress = true;
    if (this.#unpaused === name) this.#unpaused = undefined;
    if (this.#computing.delete(name)) this.#report();
  }

  #report(): void {
    const { opened, asked, report } = this.#options;
    // While code does not pause, all others have paused.
    const isRunning = ({ name }: ComputingCell) => (this.#unpaused ?? name) === name;
    report({
      version: opened.version.number,
      commit: opened.version.id,
      invalid: [...this.#invalid.values()],
      asked,
      computing: [...this.#computing.values()].filter(isRunning),
      isPress: this.#isPress,
    });
  }
}

/** The inputs of a viewer's state. */
export interface ViewerInputs {
  readonly requested: RequestedInputs;
  /** the project's own values: they stand in for values that a widget refuses */
  readonly configured: RequestedInputs;
  /** names that no input has */
  readonly unknown: readonly InvalidInput[];
  /** differs between two states that differ in a value, as far as is known before cells run */
  readonly state: string;
}

/** Reads the inputs of a state; names that no input has are reported, values are for the widgets. */
export function toViewerInputs(
  { inputs, texts = {}, press = {} }: Omit<ViewerState, "version" | "commit">,
  { cells, config }: Pick<Project, "cells" | "config">,
): ViewerInputs {
  const names = cells.cells.filter(({ kind }) => kind === "input").map(({ name }) => name);
  const asked = [
    ...toRequestedInputs(Object.entries(texts), { form: "text" }),
    ...toRequestedInputs(Object.entries(inputs)),
    ...toRequestedInputs(Object.keys(press).map((name) => [name, true])),
  ];
  const configured = toConfigured(config);
  const isKnown = ([name]: readonly [string, unknown]) => names.includes(name);
  const unknown = new Set(asked.filter((each) => !isKnown(each)).map(([name]) => name));
  const requested = new Map([...configured, ...asked.filter(isKnown)]);
  return {
    requested,
    configured,
    state: JSON.stringify(cells.cells.map((cell) => toKnownValue(cell, requested.get(cell.name)))),
    unknown: unknownInputs([...unknown], names),
  };
}

function toKnownValue(
  { name, widget }: Project["cells"]["cells"][number],
  requested: RequestedInput | undefined,
): unknown {
  if (widget === undefined) return requested?.value;
  try {
    return readInputValue(name, widget, requested);
  } catch (thrown) {
    if (thrown instanceof HexError) return [requested?.value];
    throw thrown;
  }
}
