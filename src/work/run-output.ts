import { LRUCache } from "lru-cache";
import { expectation, HexError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { PromiseCache } from "../project/promise-cache.ts";
import type { CellOutput } from "../run/cell-output.ts";
import { openRunHistory } from "../run/history/run-history.ts";
import { isFinal, type RunRecord } from "../run/history/run-record.ts";
import type { ShownIndex, ShownPlace } from "../run/history/shown-frames.ts";
import {
  keepShownFrames,
  readKeptFrame,
  readShownIndex,
  type ShownFrames,
} from "../run/history/shown-frames.ts";
import type { Parent } from "../run/process/serve-task.ts";
import type { RunResult } from "../run/run-event.ts";
import { toSha256 } from "../sha256.ts";
import { KnownVersions } from "../store/known-versions.ts";
import type { Store } from "../store/store.ts";
import { hashFound } from "../store/stored-file.ts";
import type { Version } from "../store/version.ts";
import type { ProjectRuns } from "./project-runs.ts";

/** Output of a cell of a run that has ended. */
export interface RunOutput {
  /** names this content, of which no other has the name */
  readonly contentId: string;
  readonly output: CellOutput;
  /** the whole frame, of a frame or a chart; throws HEX_OUTPUT_GONE when it is not kept */
  readonly readFrame: () => Promise<Frame>;
  /** Makes sure that a frame which was read before is kept. @throws {HexError} HEX_OUTPUT_GONE */
  readonly checkKept: () => Promise<void>;
  /**
   * The bytes of the file that holds the whole frame as CSV, where there is a large one that is quickly
   * had, and its SHA-256 is that of what was published.
   */
  readonly openCsv: () => Promise<AsyncIterable<Uint8Array> | undefined>;
}

/** Outputs of one run. */
interface ShownRun {
  readonly result: RunResult;
  readonly index: ShownIndex | undefined;
  /** by name of the cell, as far as they were asked for */
  readonly outputs: Map<string, RunOutput>;
}

/** Maximum number of runs held in memory. */
const RUNS_HELD = 4;
/** About so much of their frames. */
const HELD_BYTES = 2 ** 28;

const TAGS_HELD = 1_000;
/** A smaller file is not worth to be looked at. */
const LARGE_BYTES = 2 ** 18;

/** Outputs of runs, read from the store; the last of them stay in memory. */
export class RunOutputs {
  readonly #runs: Pick<ProjectRuns, "store" | "history">;
  readonly #shown = new PromiseCache<ShownRun>(RUNS_HELD);
  readonly #frames = new PromiseCache<Frame>(HELD_BYTES);
  readonly #versions: KnownVersions;
  /** by key, the tag that a file had when its SHA-256 was checked */
  readonly #checkedTags = new LRUCache<string, string>({ max: TAGS_HELD });

  constructor(runs: Pick<ProjectRuns, "store" | "history">) {
    this.#runs = runs;
    this.#versions = new KnownVersions(runs.store);
  }

  /**
   * Output of a cell in a run.
   *
   * @throws {HexError} HEX_OUTPUT_UNKNOWN when the run has not ended, has no such cell, or that one
   * showed nothing; HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
   */
  async read(record: RunRecord, cell: string): Promise<RunOutput> {
    const run = await this.#readRun(record);
    const known = run.outputs.get(cell) ?? this.#find(record, run, cell);
    run.outputs.set(cell, known);
    return known;
  }

  #find(record: RunRecord, { result, index }: ShownRun, cell: string): RunOutput {
    const shown = result.cells.find(({ name }) => name === cell);
    if (shown?.output === undefined) throw nothingShown(record, cell);
    const { output } = shown;
    const place = index && Object.hasOwn(index.cells, cell) ? index.cells[cell] : undefined;
    const frame = place ? toContentId(place) : record.runId;
    const contentId = toDigest([frame, cell, output]);
    return {
      ...{ contentId, output },
      readFrame: () => this.#readFrame({ cell, index, place }),
      checkKept: async () => {
        if (place?.at === "version") await this.#findPublished(cell, place);
      },
      openCsv: async () => (place?.at === "version" ? this.#openCsv(cell, place) : undefined),
    };
  }

  async #readRun(record: RunRecord): Promise<ShownRun> {
    const { runId, state } = record;
    if (!isFinal(state)) {
      throw expectation("HEX_OUTPUT_UNKNOWN", {
        place: `run ${runId}`,
        expected: "at its end, when its cells have shown something",
        got: `one that is ${state}`,
      });
    }
    return this.#shown.get(runId, 1, async () => {
      const { store, history } = this.#runs;
      const [result, index] = await Promise.all([
        history.readResult(runId),
        readShownIndex(store, runId),
      ]);
      if (result === undefined) throw nothingShown(record, undefined);
      return { result, index, outputs: new Map() };
    });
  }

  async #readFrame({ cell, index, place }: PlacedFrame): Promise<Frame> {
    if (index === undefined || place === undefined) {
      throw gone(
        cell,
        "its first rows only (runs that go in a process of their own keep it whole)",
      );
    }
    const { store } = this.#runs;
    switch (place.at) {
      case "nowhere":
        throw gone(cell, `${place.neededBytes} bytes, where ${place.mostBytes} had room`);
      case "history":
        return this.#frames.get(toContentId(place), place.sizeBytes, () =>
          readKeptFrame(store, index, cell, place),
        );
      case "shown":
        return this.#frames.get(toContentId(place), place.sizeBytes, () =>
          this.#readShown(cell, place),
        );
      case "version":
        return this.#readPublished(cell, place);
    }
  }

  async #readShown(cell: string, place: PlaceAt<"shown">): Promise<Frame> {
    const frame = await (await this.#openVersion(place))?.readShown(cell);
    if (frame !== undefined) return frame;
    throw gone(cell, `what version ${place.version} kept, which is gone or damaged`);
  }

  /** The version of a place; undefined when it is no longer kept. */
  async #openVersion({
    version: generation,
    commit: commitId,
  }: PlaceAt<"shown" | "version">): Promise<Version | undefined> {
    try {
      return await this.#versions.open({ generation, commitId });
    } catch (error) {
      if (error instanceof HexError && error.code === "HEX_USAGE") return undefined;
      throw error;
    }
  }

  async #readPublished(cell: string, place: PlaceAt<"version">): Promise<Frame> {
    const { version, published } = await this.#findPublished(cell, place);
    const { arrow, csv } = published;
    return this.#frames.get(toContentId(place), (arrow ?? csv).sizeBytes, async () => {
      const read = await version.readFrame(place.frame);
      // Another version's frame is not what the cell showed.
      if (read?.source !== "version") throw lost(cell, place);
      return read.frame;
    });
  }

  async #openCsv(cell: string, place: PlaceAt<"version">) {
    const { csv } = (await this.#findPublished(cell, place)).published;
    const { store } = this.#runs;
    if (csv.sizeBytes < LARGE_BYTES || store.peekTag?.(csv.key) === undefined) return undefined;
    const found = await store.find(csv.key);
    if (found?.sizeBytes !== csv.sizeBytes) return undefined;
    // Checked once: no byte of it has changed as long as its tag has not.
    if (this.#checkedTags.get(csv.key) !== found.tag) {
      if ((await hashFound(store, found, {})) !== csv.sha256) return undefined;
      this.#checkedTags.set(csv.key, found.tag);
    }
    return store.readBlocks(found);
  }

  async #findPublished(cell: string, place: PlaceAt<"version">) {
    const version = await this.#openVersion(place);
    const published = version?.frames().get(place.frame);
    if (version === undefined || published === undefined) throw lost(cell, place);
    return { version, published };
  }
}

type PlaceAt<At extends ShownPlace["at"]> = Extract<ShownPlace, { at: At }>;

interface PlacedFrame {
  readonly cell: string;
  readonly index: ShownIndex | undefined;
  readonly place: ShownPlace | undefined;
}

function toContentId(place: ShownPlace): string {
  return toDigest(place.at === "history" ? [place.sha256, place.columns] : place);
}

function toDigest(data: unknown): string {
  return toSha256(JSON.stringify(data)).slice(0, 32);
}

function nothingShown({ runId, cells }: RunRecord, cell: string | undefined): HexError {
  const status = cells.find(({ name }) => name === cell)?.status;
  return expectation("HEX_OUTPUT_UNKNOWN", {
    place: cell === undefined ? `run ${runId}` : `${JSON.stringify(cell)} in run ${runId}`,
    expected:
      cell === undefined ? "one that came to show something" : "a cell that showed something",
    got: status === undefined ? "none" : `one that was ${status}`,
  });
}

function lost(cell: string, { version }: PlaceAt<"version">): HexError {
  return gone(cell, `a frame of version ${version}, which is no longer kept`);
}

function gone(cell: string, got: string): HexError {
  const place = `what cell ${cell} showed`;
  return expectation("HEX_OUTPUT_GONE", { place, expected: "kept", got, hint: "run it again" });
}

/**
 * Keeps what the cells of a run showed, where its history is. It can be lost without the run being
 * so: what it published stands.
 */
export async function keepResult(store: Store, shown: ShownFrames, parent: Parent): Promise<void> {
  const { result } = shown;
  const log = (line: string) => parent.emit({ type: "line-logged", line });
  try {
    await openRunHistory(store).writeResult(result.runId, result);
    // The caller that cancels a run waits for its end.
    if (result.status === "cancelled") return;
    const { cells } = await keepShownFrames(store, shown, { signal: parent.signal });
    for (const [name, place] of Object.entries(cells)) {
      // Outputs that a version had no room for were logged when that one was published.
      if (place.at !== "nowhere" || result.isPublisher) continue;
      const { neededBytes, mostBytes } = place;
      log(
        `what cell ${name} shows is not kept: ${neededBytes} bytes, where ${mostBytes} have room`,
      );
    }
  } catch (error) {
    if (!(error instanceof HexError)) throw error;
    log(`what cells showed is not kept: ${error.message}`);
  }
}
