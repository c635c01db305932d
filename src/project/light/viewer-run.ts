import type { RunPlan } from "../../cell/plan.ts";
import { restrictPlan } from "../../cell/restrict-plan.ts";
import { expectation } from "../../errors.ts";
import type { Frame } from "../../frame/frame.ts";
import { ColumnReads } from "../../run/column-reads.ts";
import { newRunId } from "../../run/history/run-id.ts";
import type { CellMemory } from "../../run/light/cell-memory.ts";
import type { InvalidInput, ViewerPlace } from "../../run/light/light-ask.ts";
import type { RunParts } from "../../run/parts/join-parts.ts";
import { runCells } from "../../run/run-cells.ts";
import type { CellResult, RunEvent } from "../../run/run-event.ts";
import { RunFrames } from "../../run/run-frames.ts";
import type { Store } from "../../store/store.ts";
import type { Version } from "../../store/version.ts";
import type { Project } from "../project.ts";
import type { Redact } from "../redact.ts";
import type { Secrets } from "../secrets.ts";
import { toAskedInputs } from "./asked-inputs.ts";
import { type TellStanding, ViewerStanding } from "./viewer-standing.ts";

/** A project that is open for viewers. */
export interface ViewedProject {
  readonly project: Project;
  readonly store: Store;
  readonly secrets: Secrets;
  readonly redact: Redact;
  readonly memory: CellMemory;
  /** told what cells log */
  readonly emit: (event: RunEvent) => void;
}

/** What is run for a viewer. */
export interface ViewerRun extends Pick<ViewerPlace, "inputs" | "texts"> {
  readonly version: Version;
  /** what an app run does */
  readonly plan: RunPlan;
  readonly cells: readonly string[];
  readonly signal: AbortSignal;
  /** told whenever a cell's code is called, and when it has ended */
  readonly tell: TellStanding;
}

/** What cells came to for a viewer. */
export interface ViewerResult {
  readonly results: ReadonlyMap<string, CellResult>;
  /** the whole frames that they show */
  readonly shown: ReadonlyMap<string, Frame>;
  readonly invalid: readonly InvalidInput[];
}

/** Runs some cells of an app run, and those above them, unless it is remembered what they came to. */
export async function runForViewer(
  { project, store, secrets, memory, emit }: ViewedProject,
  { version, plan: whole, cells: names, signal, tell: tellStanding, ...inputs }: ViewerRun,
): Promise<ViewerResult> {
  const { requested, configured, unknown } = toAskedInputs(inputs, project);
  const shown = new Map<string, Frame>();
  const invalid = new Map(unknown.map((each) => [each.name, each]));
  const { cells, config } = project;
  const plan = restrictPlan(whole, names);
  const asked = cells.cells.map(({ name }) => name).filter((name) => names.includes(name));
  const standing = new ViewerStanding({
    version: version.number,
    plan,
    asked,
    invalid,
    tell: tellStanding,
  });
  const tell = (event: RunEvent) => {
    standing.take(event);
    if (event.type === "line-logged") emit(event);
  };
  const onWarning = (line: string) => tell({ type: "line-logged", line });
  const results = await runCells({
    runId: newRunId(),
    attempt: 1,
    store,
    plan,
    cells,
    frames: new RunFrames({ store, signal, now: Date.now, onWarning, version }),
    reads: new ColumnReads(),
    memory,
    inputs: requested,
    standIns: {
      inputs: configured,
      onInvalid: (name, message) => invalid.set(name, { name, message }),
    },
    secrets,
    signal,
    emit: tell,
    onComputing: (name) => standing.begin(name),
    onShown: (name, { frame }) => shown.set(name, frame),
    maxAgeMs: config.maxAgeMs,
    runParts: refuseParts,
    now: Date.now,
  });
  return { results, shown, invalid: [...invalid.values()] };
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
