import { namesAbove } from "../cell/graph.ts";
import { widgetIn } from "../cell/shown-input.ts";
import { HexError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import {
  type CellFingerprints,
  type CellState,
  type EvaluatedWith,
  toCellState,
  toStateChanges,
} from "../run/cell-fingerprints.ts";
import { type CellOutput, toShownOutput } from "../run/cell-output.ts";
import type { ComputedCell } from "../run/compute-cell.ts";
import type { CellTurn } from "../run/recall.ts";
import type { FrameOrigin } from "../run/run-event.ts";
import type { Variant } from "../run/run-frames.ts";
import { parseSavedOutputs, type SavedOutput } from "../run/saved-outputs.ts";
import type { LoadedCells } from "../source/load-cells.ts";
import type { PublishedFrame } from "../store/manifest/manifest.ts";
import type { Version } from "../store/version.ts";
import type { CellCache } from "./cell-cache.ts";

/** The result of a cell in a run. */
export interface FoundResult {
  /** names the computation */
  readonly result: string;
  readonly output: CellOutput;
}

/** State of a run at the turn of a cell. */
interface RunSoFar extends EvaluatedWith {
  readonly fingerprints: CellFingerprints;
  readonly results: ReadonlyMap<string, FoundResult>;
}

/** The result of a cell in the run that published a version. */
export interface PublishedCell extends FoundResult {
  /** without its frame, and without a value that has to be read first */
  readonly computed: ComputedCell;
  /** Reads the value into `computed`; false when it is not kept. */
  readonly readValue: () => Promise<boolean>;
}

export interface PublishedCellsOptions {
  readonly version: Version;
  readonly cells: LoadedCells;
  /** of the frames that were read */
  readonly cache: CellCache;
  readonly onWarning: (line: string) => void;
}

/** A saved output with everything that using it again needs. */
type NotedOutput = SavedOutput & {
  readonly state: CellState;
  readonly result: string;
  readonly output: CellOutput;
};

/** Results of the run that published a version, as they were saved. */
export class PublishedCells {
  readonly #options: PublishedCellsOptions;
  readonly #saved: ReadonlyMap<string, NotedOutput>;
  /** of these fingerprints it is known which cells have the same */
  #fingerprints: CellFingerprints | undefined;
  readonly #isSameFingerprint = new Map<string, boolean>();

  private constructor(options: PublishedCellsOptions, saved: readonly SavedOutput[]) {
    this.#options = options;
    this.#saved = new Map(saved.filter(isNoted).map((each) => [each.name, each]));
  }

  /** Undefined where nothing was saved, or is damaged. @throws {HexError} HEX_STORE_UNAVAILABLE */
  static async open(options: PublishedCellsOptions): Promise<PublishedCells | undefined> {
    const { version, onWarning } = options;
    const bytes = await version.readOutputs({ onWarning });
    const saved = bytes && parseSavedOutputs(bytes);
    return saved && new PublishedCells(options, saved.cells);
  }

  /** The result of a cell, when all that it depends on is unchanged, and so are the results above it. */
  find(turn: CellTurn, so: RunSoFar): PublishedCell | undefined {
    const { version } = this.#options;
    const { planned, variant } = turn;
    const saved = this.#saved.get(planned.name);
    if (saved === undefined) return undefined;
    const isSame =
      planned.action === "read"
        ? saved.shown?.at === "frame" && isSameFrame(saved.shown, findFrame(version, variant))
        : !saved.looksAtContext &&
          this.#hasSameAbove(turn, so) &&
          this.#isSameState(saved, turn, so);
    return isSame ? this.#toCell(saved, turn) : undefined;
  }

  /** The id of an input's result, when it is what was published. */
  resultOf(name: string, output: CellOutput): string | undefined {
    const saved = this.#saved.get(name);
    if (saved === undefined) return undefined;
    return JSON.stringify(saved.output) === JSON.stringify(output) ? saved.result : undefined;
  }

  /** Whether all of these are what was published. */
  holds(results: ReadonlyMap<string, FoundResult>): boolean {
    return [...results].every(([name, { result }]) => this.#saved.get(name)?.result === result);
  }

  /** Whether a cell came to a result that was published: to this one, when one is named. */
  has(cell: string, result?: string): boolean {
    const saved = this.#saved.get(cell);
    return saved !== undefined && (result === undefined || saved.result === result);
  }

  showsTable(cell: string): boolean {
    const kind = this.#saved.get(cell)?.output.kind;
    return kind === "frame" || kind === "chart";
  }

  /**
   * The whole frame that a cell shows; undefined when it is not kept, or shows none.
   * @throws {HexError} HEX_STORE_UNAVAILABLE
   */
  async readShown(cell: string): Promise<Frame | undefined> {
    const { cache, version, onWarning } = this.#options;
    const saved = this.#saved.get(cell);
    if (saved === undefined || saved.shown === null) return undefined;
    const { result, output } = saved;
    const known = cache.find(result)?.computed.shown;
    if (known !== undefined) return known;
    const key = `shown ${result}`;
    const pending = cache.pending.get(key) as Promise<Frame | undefined> | undefined;
    if (pending !== undefined) return pending;
    const lazily = cache.wasLost(result) ? undefined : { onLost: () => cache.lose(result) };
    const reading = version.readShown(cell, { onWarning, lazily });
    cache.pending.set(key, reading);
    try {
      const shown = await reading;
      if (shown === undefined) return undefined;
      const computed = { value: shown, output, shown };
      const cell = { result, computed, staged: new Map(), reads: {} };
      cache.put(key, cell, { sizeBytes: 0, frames: [shown] });
      return shown;
    } finally {
      cache.pending.delete(key);
    }
  }

  #hasSameAbove({ planned }: CellTurn, { results }: RunSoFar): boolean {
    return planned.after.every((above) => {
      const found = results.get(above);
      // The result of an input is its value, which the state has.
      return (
        widgetIn(found?.output) !== undefined ||
        (found !== undefined && this.has(above, found.result))
      );
    });
  }

  #isSameState(saved: NotedOutput, { planned, plan }: CellTurn, so: RunSoFar): boolean {
    const { name, kind } = planned;
    // Inputs that only feed frames are not read: the frame stands for them. Of an input its widget is wanted.
    const isLeftOut = (input: string) =>
      (kind === "input" && input === name) || !plan.cells.some((each) => each.name === input);
    const { inputs, frames } = saved.state;
    const hasSameInputs = Object.entries(inputs).every(
      ([input, value]) =>
        isLeftOut(input) || JSON.stringify(value) === JSON.stringify(so.inputs.get(input)),
    );
    const hasSameFrames = () =>
      Object.entries(frames).every(([frame, sha256]) => so.frames.get(frame) === sha256);
    return hasSameInputs && hasSameFrames() && this.#hasSameFingerprint(saved, so.fingerprints);
  }

  /** Whether the code, data and secrets that a cell depends on are unchanged. */
  #hasSameFingerprint({ name, state }: NotedOutput, fingerprints: CellFingerprints): boolean {
    if (this.#fingerprints !== fingerprints) this.#isSameFingerprint.clear();
    this.#fingerprints = fingerprints;
    const known = this.#isSameFingerprint.get(name);
    if (known !== undefined) return known;
    const { inputs, frames } = state;
    const now = toCellState(name, this.#options.cells, fingerprints);
    const isSame = toStateChanges(state, { ...now, inputs, frames }).length === 0;
    this.#isSameFingerprint.set(name, isSame);
    return isSame;
  }

  #toCell(saved: NotedOutput, { planned, variant }: CellTurn): PublishedCell {
    const { name, action } = planned;
    const { output, result } = saved;
    const { version } = this.#options;
    const read = action === "read" ? findFrame(version, variant) : undefined;
    const computed: { value: unknown } & Omit<ComputedCell, "value"> = {
      value: saved.value === "output" ? toValue(output) : undefined,
      output,
      ...(read && { frame: read.name, origin: toFrameOrigin(read.published, version) }),
    };
    const readValue = async () => {
      if (saved.value === "output") return true;
      if (saved.value !== "shown") return false;
      computed.value = await this.readShown(name);
      return computed.value !== undefined;
    };
    return { result, output, computed, readValue };
  }
}

/** The frame that a cell reads of a version; undefined when no run has published it. */
export function findFrame(
  version: Version,
  { frame, formerly }: Variant,
): { readonly name: string; readonly published: PublishedFrame } | undefined {
  const published = version.frames().get(frame);
  if (published !== undefined) return { name: frame, published };
  const former = formerly === undefined ? undefined : version.frames().get(formerly);
  // One with a state is of a release that would have named it otherwise.
  if (formerly === undefined || former === undefined || former.state !== undefined)
    return undefined;
  return { name: formerly, published: former };
}

function isSameFrame(
  { frame, sha256 }: Extract<SavedOutput["shown"], { at: "frame" }>,
  read: ReturnType<typeof findFrame>,
): boolean {
  return read?.name === frame && read.published.csv.sha256 === sha256;
}

export function toFrameOrigin(
  { computedAt, codeHash }: PublishedFrame,
  { number }: Version,
): FrameOrigin {
  return { version: number, computedAt, codeHash };
}

function isNoted(saved: SavedOutput): saved is NotedOutput {
  return saved.state !== null && saved.result !== null && saved.output !== null;
}

function toValue(output: CellOutput): unknown {
  if (output.kind === "json") return output.json;
  return output.kind === "value" ? output.value : undefined;
}

/** Which frames of the version that is read need not be computed again. */
export interface FrameReuse {
  readonly cells: LoadedCells;
  /** of cells without a maximum age of their own; undefined: as old as they get */
  readonly maxAgeMs: number | undefined;
  /** how often a cell was asked to run afresh */
  readonly timesFreshened: (cell: string) => number;
}

type Turn = Pick<CellTurn, "planned" | "variant" | "frames" | "signal">;

/**
 * The published frame of a heavy cell, staged again, when all that it depends on is unchanged. Where
 * the store fails there is none.
 */
export async function reuseFrame(
  turn: Turn,
  reuse: FrameReuse,
  so: Omit<RunSoFar, "results">,
): Promise<{ readonly computed: ComputedCell; readonly sha256: string } | undefined> {
  try {
    const version = await turn.frames.version();
    const published = version.frames().get(turn.variant.frame);
    if (published === undefined || !isCurrent(published, turn, reuse)) return undefined;
    const { name } = turn.planned;
    const state = toCellState(name, reuse.cells, so.fingerprints, so);
    const isSame = published.state && toStateChanges(published.state, state).length === 0;
    if (isSame !== true) return undefined;
    const computed = await readFrame(turn);
    return computed && { computed, sha256: published.csv.sha256 };
  } catch (thrown) {
    if (!(thrown instanceof HexError) || turn.signal.aborted) throw thrown;
    return undefined;
  }
}

/** Whether a frame is young enough, and no cell above it was to run afresh. */
function isCurrent(
  { computedAt }: PublishedFrame,
  { planned: { name } }: Turn,
  { cells: { cells }, maxAgeMs, timesFreshened }: FrameReuse,
): boolean {
  const own = cells.find((each) => each.name === name);
  const mostMs = own?.maxAgeMs ?? maxAgeMs ?? Number.POSITIVE_INFINITY;
  if (Date.now() - Date.parse(computedAt) > mostMs) return false;
  return [name, ...namesAbove(cells, [name])].every((each) => timesFreshened(each) === 0);
}

async function readFrame(turn: Turn): Promise<ComputedCell | undefined> {
  const { planned, variant, frames, signal } = turn;
  const { name } = planned;
  const read = await (await frames.version()).readFrame(variant.frame, { signal });
  if (read === undefined || read.source !== "version") return undefined;
  const { frame, generation, computedAt, codeHash } = read;
  if (computedAt === null || codeHash === null) return undefined;
  frames.restage(variant.frame, { frame, cell: name, computedAt, codeHash });
  const origin = { version: generation, computedAt, codeHash };
  return { value: frame, ...toShownOutput(name, frame), origin, frame: variant.frame };
}
