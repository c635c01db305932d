import type { RequestedInput } from "../cell/input-value.ts";
import type { RunPlan } from "../cell/plan.ts";
import { HexError } from "../errors.ts";
import { toHash } from "../source/cell-files.ts";
import type { LoadedCells } from "../source/load-cells.ts";
import { publish } from "../store/publication.ts";
import type { Store } from "../store/store.ts";
import { runCells } from "./run-cells.ts";
import type { CellResult, RunError, RunEvent, RunResult, RunStatus } from "./run-event.ts";
import { RunFrames } from "./run-frames.ts";

/** Everything that executing a plan needs; nothing else is looked at. */
export interface RunWork {
  readonly runId: string;
  readonly plan: RunPlan;
  readonly cells: LoadedCells;
  readonly store: Store;
  /** requested values by input name; an input that is not here has its default */
  readonly inputs: ReadonlyMap<string, RequestedInput>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** How a run ended, before it is told. */
interface RunEnding {
  readonly status: RunStatus;
  readonly version: number | null;
  readonly cells: ReadonlyMap<string, CellResult>;
  readonly error?: RunError;
}

/** Executes a plan: reads from one version, runs the cells, publishes once at the end or not at all. */
export async function runPlan(work: RunWork): Promise<RunResult> {
  const { runId, plan, emit, now } = work;
  const startedMs = now();
  emit({ type: "run-started", runId, plan });
  const ended = new Map<string, CellResult>();
  const ending = await runToEnd({ ...work, emit: (event) => emit(remember(event, ended)) }, ended);
  const result: RunResult = {
    runId,
    context: plan.context,
    status: ending.status,
    startedAt: new Date(startedMs).toISOString(),
    elapsedMs: Math.round(now() - startedMs),
    version: ending.version,
    cells: work.cells.cells.flatMap(({ name }) => ending.cells.get(name) ?? []),
    ...(ending.error === undefined ? {} : { error: ending.error }),
  };
  emit({ type: "run-ended", result });
  return result;
}

function remember(event: RunEvent, ended: Map<string, CellResult>): RunEvent {
  if (event.type === "cell-ended") ended.set(event.cell.name, event.cell);
  return event;
}

async function runToEnd(work: RunWork, ended: ReadonlyMap<string, CellResult>): Promise<RunEnding> {
  const frames = new RunFrames({
    ...work,
    onWarning: (line) => work.emit({ type: "line-logged", line }),
  });
  try {
    const cells = await runCells({ ...work, frames, clock: work.now });
    const failed = [...cells.values()].find(({ status }) => status === "failed");
    if (failed?.error !== undefined) {
      return { status: "failed", version: await versionRead(frames), cells, error: failed.error };
    }
    work.signal.throwIfAborted();
    const version = frames.staged.size > 0 ? await publishFrames(work, frames) : undefined;
    return { status: "completed", version: version ?? (await versionRead(frames)), cells };
  } catch (thrown) {
    return toBrokenEnding(thrown, work, ended);
  }
}

function publishFrames(work: RunWork, frames: RunFrames): Promise<number> {
  const { store, runId, plan, inputs, signal, emit, now } = work;
  return publish(store, {
    runId,
    attempt: 1,
    context: plan.context,
    inputs: Object.fromEntries([...inputs].map(([name, { value }]) => [name, value])),
    codeHash: toHash(work.cells.cells.map((cell) => cell.codeHash).join()),
    frames: frames.staged,
    publishedAt: new Date(now()).toISOString(),
    signal,
    onWarning: (line) => emit({ type: "line-logged", line }),
  });
}

/** The version the run read from, or null when it read nothing or could not. */
async function versionRead(frames: RunFrames): Promise<number | null> {
  if (frames.pinned === undefined) return null;
  const version = await frames.pinned.catch(() => undefined);
  return version?.number ?? null;
}

function toBrokenEnding(
  thrown: unknown,
  { signal, plan }: RunWork,
  ended: ReadonlyMap<string, CellResult>,
): RunEnding {
  const unfinished = plan.cells.filter(({ name }) => !ended.has(name));
  const skipped = unfinished.map(({ name }): [string, CellResult] => [
    name,
    { name, status: "skipped", elapsedMs: 0 },
  ]);
  const cells = new Map([...ended, ...skipped]);
  if (signal.aborted) {
    const message =
      "Expected the run to go on to its end, got an interruption (nothing was published)";
    return { status: "cancelled", version: null, cells, error: { code: "HEX_CANCELLED", message } };
  }
  if (!(thrown instanceof HexError)) throw thrown;
  const { code, message } = thrown;
  return { status: "failed", version: null, cells, error: { code, message } };
}
