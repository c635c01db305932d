import { randomUUID } from "node:crypto";
import { isPressedButton } from "../cell/shown-input.ts";
import { HexError } from "../errors.ts";
import { ownValue } from "../frame/own-value.ts";
import { orAborted } from "../or-aborted.ts";
import type { CellFingerprints } from "../run/cell-fingerprints.ts";
import type { ComputedCell } from "../run/compute-cell.ts";
import type { CellRecall, CellTurn, ExecutedCell, RecalledCell } from "../run/recall.ts";
import { toSha256 } from "../sha256.ts";
import { type Cached, type CellCache, cacheResult, isCell, withVersion } from "./cell-cache.ts";
import {
  type FoundResult,
  type FrameReuse,
  findFrame,
  type PublishedCell,
  type PublishedCells,
  reuseFrame,
  toFrameOrigin,
} from "./published.ts";
import { goneError, lostError } from "./request.ts";

export interface RecallOptions {
  readonly cache: CellCache;
  /** of the files and secrets that each cell depends on by itself, as they are now */
  readonly fingerprints: CellFingerprints;
  /** for runs that compute heavy cells: when a published frame need not be computed again */
  readonly reuse?: FrameReuse | undefined;
  /** names the state: results that cannot be shared are for this one only */
  readonly scope: string;
  /** name of a button that is pressed -> id of the press */
  readonly press: Readonly<Record<string, string>>;
  /** results of the run that published the version */
  readonly published?: PublishedCells | undefined;
  /** cells of which another value is needed than can be had of what is published */
  readonly withheld?: Set<string> | undefined;
}

/**
 * Finds results of cells by everything that they depend on: their fingerprints, and the very results
 * above them. One of it is for one run.
 */
export class KernelRecall implements CellRecall {
  readonly #options: RecallOptions;
  /** stands for a cell's value in the keys of the cells below it */
  readonly #below = new Map<string, string>();
  /** published cells whose values are read only when a cell below needs them */
  readonly #unread = new Map<string, () => Promise<boolean>>();
  /** cells that depend on a press */
  readonly #pressed = new Set<string>();
  readonly #results = new Map<string, FoundResult>();
  readonly #inputs = new Map<string, unknown>();
  /** SHA-256 of the CSV of each published frame that cells of the run read, by name */
  readonly #frames = new Map<string, string>();
  /** names the content of each pinned CSV of another tool that cells of the run read, by frame */
  readonly #foreign = new Map<string, string>();
  /** how often columns were lost before it */
  readonly #losses: number;

  constructor(options: RecallOptions) {
    this.#options = options;
    this.#losses = options.cache.losses;
  }

  /** The results of the run's cells, by name; without those that failed or did not run. */
  get results(): ReadonlyMap<string, FoundResult> {
    return this.#results;
  }

  /** The value of each input, by name. */
  get inputs(): ReadonlyMap<string, unknown> {
    return this.#inputs;
  }

  async find(turn: CellTurn, execute: () => Promise<ExecutedCell>): Promise<RecalledCell> {
    await this.#noteFrame(turn);
    const published = await this.#findPublished(turn);
    if (published !== undefined) return { computed: published.computed, from: "memory" };
    const key = this.#toKey(turn);
    const known = await this.#findCached(key, turn);
    return known === undefined ? this.#executeOnce(key, turn, execute) : this.#recall(known, turn);
  }

  noteInput(name: string, { value, output }: Pick<ComputedCell, "value" | "output">): void {
    const { press, published } = this.#options;
    const pressId = isPressedButton(output) ? (ownValue(press, name) ?? randomUUID()) : undefined;
    if (pressId !== undefined) this.#pressed.add(name);
    this.#inputs.set(name, value);
    const own = toSha256(JSON.stringify([name, output]));
    this.#results.set(name, { result: published?.resultOf(name, output) ?? own, output });
    this.#below.set(name, toSha256(JSON.stringify([value, pressId])));
  }

  #note(name: string, { result, output }: FoundResult): void {
    this.#results.set(name, { result, output });
    this.#below.set(name, result);
  }

  async #noteFrame({ planned: { action }, variant, frames }: CellTurn): Promise<void> {
    if (action !== "read") return;
    const version = await frames.version();
    const read = findFrame(version, variant);
    if (read !== undefined) this.#frames.set(read.name, read.published.csv.sha256);
    for (const [name, { tag }] of version.foreign()) this.#foreign.set(name, tag);
  }

  async #findPublished(turn: CellTurn): Promise<PublishedCell | undefined> {
    const { published, withheld, fingerprints } = this.#options;
    const { name, kind } = turn.planned;
    if (published === undefined || withheld?.has(name) === true) return undefined;
    const { results, inputs } = this;
    const found = published.find(turn, { fingerprints, results, inputs, frames: this.#frames });
    if (found === undefined) return undefined;
    this.#note(name, found);
    if (kind !== "input") this.#unread.set(name, found.readValue);
    return found;
  }

  /** Stands for everything that a cell depends on. */
  #toKey({ planned, variant, plan }: CellTurn): string {
    const { name, action } = planned;
    const { fingerprints, reuse } = this.#options;
    if (action === "read") {
      const names = [variant.frame, variant.formerly ?? ""];
      const digests = names.map((each) => this.#frames.get(each));
      const tags = names.map((each) => this.#foreign.get(each) ?? null);
      // A CSV of another tool is read by the schema that the cell declares.
      const code = tags.every((tag) => tag === null) ? null : fingerprints.get(name)?.code;
      return toSha256(JSON.stringify([name, action, variant.frame, digests, tags, code]));
    }
    const { code, data, secrets } = fingerprints.get(name) ?? { code: "", data: "", secrets: "" };
    const { context, computeIn } = plan;
    const own = [context, computeIn, code, data, secrets, reuse?.timesFreshened(name)];
    const above = planned.after.map((each) => [each, this.#below.get(each)]);
    return toSha256(JSON.stringify([name, action, own, above]));
  }

  /** The content of a key, once no other run is about to compute it. */
  async #findCached(key: string, { frames, signal }: CellTurn): Promise<Cached | undefined> {
    const { cache, scope } = this.#options;
    const version = await frames.version();
    const findNow = (): Cached | undefined => {
      let known = cache.get(key) ?? cache.get(`${scope} ${key}`);
      while (known !== undefined && "at" in known) {
        known = cache.get(known.at === "version" ? withVersion(key, version) : known.at);
      }
      return known;
    };
    for (;;) {
      const known = findNow();
      const pending = cache.pending.get(key);
      if (known !== undefined || pending === undefined) return known;
      await orAborted(pending, signal);
    }
  }

  async #recall(
    known: Cached,
    { planned, variant, frames, reads }: CellTurn,
  ): Promise<RecalledCell> {
    if ("thrown" in known) throw known.thrown;
    if (!isCell(known)) throw new Error("Expected a result under a key that was followed");
    const { name } = planned;
    const { result, computed, source } = known;
    this.#note(name, { result, output: computed.output });
    for (const [frame, staged] of known.staged) frames.restage(frame, staged);
    reads.restore(name, known.reads);
    if (this.#isPressed(planned)) this.#pressed.add(name);
    const version = await frames.version();
    const read = planned.action === "read" ? findFrame(version, variant) : undefined;
    // A frame of another version with the same content is read as one of this version.
    const origin = read && { origin: toFrameOrigin(read.published, version) };
    return { computed: { ...computed, ...origin }, from: "memory", source };
  }

  #isPressed({ after }: CellTurn["planned"]): boolean {
    return after.some((each) => this.#pressed.has(each));
  }

  /** Has a cell computed, while others that need the same wait. */
  async #executeOnce(
    key: string,
    turn: CellTurn,
    execute: () => Promise<ExecutedCell>,
  ): Promise<RecalledCell> {
    const { pending } = this.#options.cache;
    const executing = this.#execute(key, turn, execute);
    pending.set(
      key,
      executing.catch(() => undefined),
    );
    try {
      return await executing;
    } finally {
      pending.delete(key);
    }
  }

  async #execute(
    key: string,
    turn: CellTurn,
    execute: () => Promise<ExecutedCell>,
  ): Promise<RecalledCell> {
    const { cache, scope } = this.#options;
    const { name, kind } = turn.planned;
    await this.#readValues(turn);
    const isPressed = this.#isPressed(turn.planned);
    if (isPressed) {
      this.#pressed.add(name);
      if (cache.wasPressed(key)) throw gonePress(name);
      cache.notePressed(key);
    }
    try {
      const reused = await this.#reuse(turn);
      const executed = reused ?? (await execute());
      // Nobody else is to get what may have been computed without a column.
      if (cache.losses !== this.#losses) throw lostError(`what cell ${name} read`);
      const { result, computed } = await cacheResult(cache, { key, scope, turn, executed });
      // The value of an input is noted by itself.
      if (kind !== "input") this.#note(name, { result, output: computed.output });
      return { computed: executed.computed, from: reused && "store" };
    } catch (thrown) {
      if (isPressed) cache.put(key, { thrown });
      throw thrown;
    }
  }

  /** The frame of a heavy cell, where the version that is read holds it as it would be computed now. */
  async #reuse(turn: CellTurn): Promise<ExecutedCell | undefined> {
    const { reuse, fingerprints } = this.#options;
    if (reuse === undefined || turn.planned.kind !== "cached") return undefined;
    const so = { fingerprints, inputs: this.#inputs, frames: this.#frames };
    const reused = await reuseFrame(turn, reuse, so);
    if (reused === undefined) return undefined;
    this.#frames.set(turn.variant.frame, reused.sha256);
    return { computed: reused.computed, origins: [] };
  }

  /** Reads the values that the cell is about to get, where that was not necessary before. */
  async #readValues({ planned: { after } }: CellTurn): Promise<void> {
    const isRead = await Promise.all(
      after.map(async (each) => (await this.#unread.get(each)?.()) ?? true),
    );
    const missing = after.filter((_, at) => isRead[at] === false);
    for (const each of missing) this.#options.withheld?.add(each);
    if (missing.length === 0) return;
    throw new HexError("HEX_NOT_COMPUTED", `the values of ${missing.join(", ")} are not kept`);
  }
}

function gonePress(name: string): HexError {
  const place = `what the press of a button came to in cell ${name}`;
  return goneError(place, "one", "a press is carried out once: press again");
}
