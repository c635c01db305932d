import { widgetIn } from "../cell/shown-input.ts";
import type { Frame } from "../frame/frame.ts";
import {
  type CellGrounds,
  type CellState,
  type EvaluatedWith,
  toCellState,
  toStateChanges,
} from "../run/cell-fingerprints.ts";
import type { CellOutput } from "../run/cell-output.ts";
import type { ComputedCell } from "../run/compute-cell.ts";
import type { CellTurn } from "../run/recall.ts";
import type { FrameOrigin } from "../run/run-event.ts";
import type { Variant } from "../run/run-frames.ts";
import { parseSavedOutputs, type SavedOutput } from "../run/saved-outputs.ts";
import type { LoadedCells } from "../source/load-cells.ts";
import type { PublishedFrame } from "../store/manifest/manifest.ts";
import type { Version } from "../store/version.ts";
import type { CellMemory } from "./cell-memory.ts";
import type { FoundResult } from "./recall.ts";

/** What is known of a run by the time a cell has its turn. */
export interface RunSoFar extends EvaluatedWith {
  readonly grounds: CellGrounds;
  readonly results: ReadonlyMap<string, FoundResult>;
}

/** What a cell came to in the run that published a version. */
export interface PublishedCell extends FoundResult {
  /** without its frame, and without a value that has to be read first */
  readonly computed: ComputedCell;
  /** Reads the value into `computed`; false when it is not kept. */
  readonly readValue: () => Promise<boolean>;
}

export interface PublishedCellsOptions {
  readonly version: Version;
  readonly cells: LoadedCells;
  /** holds the frames that were read */
  readonly memory: CellMemory;
  readonly onWarning: (line: string) => void;
}

/** A saved output of which all is noted that recalling it needs. */
type NotedOutput = SavedOutput & {
  readonly state: CellState;
  readonly result: string;
  readonly output: CellOutput;
};

/** What the cells of a version came to in the run that published it, as it was saved. */
export class PublishedCells {
  readonly #options: PublishedCellsOptions;
  readonly #saved: ReadonlyMap<string, NotedOutput>;
  /** what the next one is known of */
  #grounds: CellGrounds | undefined;
  readonly #isSameGround = new Map<string, boolean>();

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

  /** What a cell came to, when all that it hangs on is as it was, and so are the results above it. */
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
    const { memory, version, onWarning } = this.#options;
    const saved = this.#saved.get(cell);
    if (saved === undefined || saved.shown === null) return undefined;
    const { result, output } = saved;
    const known = memory.find(result)?.shown;
    if (known !== undefined) return known;
    const key = `shown ${result}`;
    const going = memory.going.get(key) as Promise<Frame | undefined> | undefined;
    if (going !== undefined) return going;
    const reading = version.readShown(cell, { onWarning });
    memory.going.set(key, reading);
    try {
      const shown = await reading;
      if (shown === undefined) return undefined;
      const record = { result, value: shown, output, shown, staged: new Map(), reads: {} };
      memory.put(key, record, { sizeBytes: 0, frames: [shown] });
      return shown;
    } finally {
      memory.going.delete(key);
    }
  }

  #hasSameAbove({ planned }: CellTurn, { results }: RunSoFar): boolean {
    return planned.after.every((above) => {
      const found = results.get(above);
      // What an input comes to is its value, which the state tells.
      return (
        widgetIn(found?.output) !== undefined ||
        (found !== undefined && this.has(above, found.result))
      );
    });
  }

  #isSameState(saved: NotedOutput, { planned, plan }: CellTurn, so: RunSoFar): boolean {
    const { name, kind } = planned;
    // Inputs that only feed frames are not read: the frame tells. Of an input its widget is asked for.
    const isLeftOut = (input: string) =>
      (kind === "input" && input === name) || !plan.cells.some((each) => each.name === input);
    const { inputs, frames } = saved.state;
    const hasSameInputs = Object.entries(inputs).every(
      ([input, value]) =>
        isLeftOut(input) || JSON.stringify(value) === JSON.stringify(so.inputs.get(input)),
    );
    const hasSameFrames = () =>
      Object.entries(frames).every(([frame, sha256]) => so.frames.get(frame) === sha256);
    return hasSameInputs && hasSameFrames() && this.#hasSameGround(saved, so.grounds);
  }

  /** Whether the code, data and secrets that a cell hangs on are as they were. */
  #hasSameGround({ name, state }: NotedOutput, grounds: CellGrounds): boolean {
    if (this.#grounds !== grounds) this.#isSameGround.clear();
    this.#grounds = grounds;
    const known = this.#isSameGround.get(name);
    if (known !== undefined) return known;
    const { inputs, frames } = state;
    const now = toCellState(name, this.#options.cells, grounds);
    const isSame = toStateChanges(state, { ...now, inputs, frames }).length === 0;
    this.#isSameGround.set(name, isSame);
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
      ...(read && { frame: read.name, origin: toOrigin(read.published, version) }),
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

/** Where a frame of a version is from, as it is told. */
export function toOrigin(
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
