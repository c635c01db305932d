import { randomUUID } from "node:crypto";
import { isPressedButton } from "../cell/shown-input.ts";
import { expectation, HexError } from "../errors.ts";
import { ownValue } from "../frame/own-value.ts";
import type { CellGrounds } from "../run/cell-grounds.ts";
import type { CellOutput } from "../run/cell-output.ts";
import type { ComputedCell } from "../run/compute-cell.ts";
import { orAborted } from "../run/or-aborted.ts";
import type { CellRecall, CellTurn, ExecutedCell, RecalledCell } from "../run/recall.ts";
import { toSha256 } from "../sha256.ts";
import type { Version } from "../store/version.ts";
import { type Adoption, adoptFrame } from "./adopt-frame.ts";
import { type CellMemory, type CellRecord, isRecord, type Remembered } from "./cell-memory.ts";
import { findFrame, type PublishedCell, type PublishedCells, toOrigin } from "./published.ts";
import { rememberResult, withVersion } from "./remember.ts";

export interface RecallOptions {
  readonly memory: CellMemory;
  /** what each cell hangs on by itself, as the files are now */
  readonly grounds: CellGrounds;
  /** for runs that compute heavy cells: when a published frame need not be computed again */
  readonly adoption?: Adoption | undefined;
  /** names the state: results that cannot be shared are for this one only */
  readonly scope: string;
  /** name of a button that is pressed -> id of the press */
  readonly press: Readonly<Record<string, string>>;
  /** what the cells of the version came to in the run that published it */
  readonly published?: PublishedCells | undefined;
  /** cells of which another value is needed than can be had of what is published */
  readonly withheld?: Set<string> | undefined;
}

/** What a cell came to in a run. */
export interface FoundResult {
  /** names the computation */
  readonly result: string;
  readonly output: CellOutput;
}

/**
 * Recalls what cells came to by all that they hang on: their ground, and the very results above them.
 * One of it is for one run.
 */
export class KernelRecall implements CellRecall {
  readonly #options: RecallOptions;
  /** what stands for a cell's value in the keys of the cells below it */
  readonly #below = new Map<string, string>();
  /** published cells whose values are read only when a cell below needs them */
  readonly #unread = new Map<string, () => Promise<boolean>>();
  /** cells that hang on a press */
  readonly #pressed = new Set<string>();
  readonly #results = new Map<string, FoundResult>();
  readonly #inputs = new Map<string, unknown>();
  /** SHA-256 of the CSV of each published frame that cells of the run read, by name */
  readonly #frames = new Map<string, string>();
  /** names the content of each pinned CSV of another tool that cells of the run read, by frame */
  readonly #foreign = new Map<string, string>();

  constructor(options: RecallOptions) {
    this.#options = options;
  }

  /** What the cells of the run came to, by name; without those that failed or did not run. */
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
    const known = await this.#take(key, turn);
    if (known === undefined) return this.#executeOnce(key, turn, execute);
    return this.#recall(known, turn, await turn.frames.version());
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
    const { published, withheld, grounds } = this.#options;
    const { name, kind } = turn.planned;
    if (published === undefined || withheld?.has(name) === true) return undefined;
    const { results, inputs } = this;
    const found = published.find(turn, { grounds, results, inputs, frames: this.#frames });
    if (found === undefined) return undefined;
    this.#note(name, found);
    if (kind !== "input") this.#unread.set(name, found.readValue);
    return found;
  }

  /** What a cell hangs on, told short. */
  #toKey({ planned, variant, plan }: CellTurn): string {
    const { name, action } = planned;
    const { grounds, adoption } = this.#options;
    if (action === "read") {
      const names = [variant.frame, variant.formerly ?? ""];
      const digests = names.map((each) => this.#frames.get(each));
      const tags = names.map((each) => this.#foreign.get(each) ?? null);
      // A CSV of another tool is read by the schema that the cell declares.
      const code = tags.every((tag) => tag === null) ? null : grounds.get(name)?.code;
      return toSha256(JSON.stringify([name, action, variant.frame, digests, tags, code]));
    }
    const { code, data, secrets } = grounds.get(name) ?? { code: "", data: "", secrets: "" };
    const ground = [
      plan.context,
      plan.computeIn,
      code,
      data,
      secrets,
      adoption?.timesFreshened(name),
    ];
    const above = planned.after.map((each) => [each, this.#below.get(each)]);
    return toSha256(JSON.stringify([name, action, ground, above]));
  }

  /** What is known under a key, once nobody else is about to find it out. */
  async #take(key: string, { frames, signal }: CellTurn): Promise<Remembered | undefined> {
    const { memory } = this.#options;
    const version = await frames.version();
    const takeNow = (): Remembered | undefined => {
      let known = memory.take(key) ?? memory.take(`${this.#options.scope} ${key}`);
      while (known !== undefined && "at" in known) {
        known = memory.take(known.at === "version" ? withVersion(key, version) : known.at);
      }
      return known;
    };
    for (;;) {
      const known = takeNow();
      const going = memory.going.get(key);
      if (known !== undefined || going === undefined) return known;
      await orAborted(going, signal);
    }
  }

  #recall(
    known: Remembered,
    { planned, variant, frames, reads }: CellTurn,
    version: Version,
  ): RecalledCell {
    if ("thrown" in known) throw known.thrown;
    if (!isRecord(known)) throw new Error("Expected a record under a key that was followed");
    const { name } = planned;
    this.#note(name, known);
    for (const [frame, staged] of known.staged) frames.restage(frame, staged);
    reads.restore(name, known.reads);
    if (this.#isPressed(planned)) this.#pressed.add(name);
    const read = planned.action === "read" ? findFrame(version, variant) : undefined;
    // What was read of another version is the same here.
    const origin = read === undefined ? known.origin : toOrigin(read.published, version);
    return { computed: toComputed({ ...known, origin }), from: "memory", source: known.source };
  }

  #isPressed({ after }: CellTurn["planned"]): boolean {
    return after.some((each) => this.#pressed.has(each));
  }

  /** Has a cell computed, while others who need the same wait. */
  async #executeOnce(
    key: string,
    turn: CellTurn,
    execute: () => Promise<ExecutedCell>,
  ): Promise<RecalledCell> {
    const { going } = this.#options.memory;
    const executing = this.#execute(key, turn, execute);
    going.set(
      key,
      executing.catch(() => undefined),
    );
    try {
      return await executing;
    } finally {
      going.delete(key);
    }
  }

  async #execute(
    key: string,
    turn: CellTurn,
    execute: () => Promise<ExecutedCell>,
  ): Promise<RecalledCell> {
    const { memory } = this.#options;
    const { name } = turn.planned;
    await this.#readValues(turn);
    const isPressed = this.#isPressed(turn.planned);
    if (isPressed) {
      this.#pressed.add(name);
      if (memory.wasPressed(key)) throw forgotten(name);
      memory.notePressed(key);
    }
    try {
      const adopted = await this.#adopt(turn);
      const executed = adopted ?? (await execute());
      // An input has its value noted by itself.
      const { scope } = this.#options;
      const kept = await rememberResult(memory, { key, scope, turn, executed });
      if (turn.planned.kind !== "input") this.#note(name, kept);
      return { computed: executed.computed, from: adopted && "store" };
    } catch (thrown) {
      if (isPressed) memory.put(key, { thrown });
      throw thrown;
    }
  }

  /** The frame of a heavy cell, where the version that is read holds it as it would be computed now. */
  async #adopt({ planned, variant, frames, signal }: CellTurn): Promise<ExecutedCell | undefined> {
    const { adoption, grounds } = this.#options;
    if (adoption === undefined || planned.kind !== "cached") return undefined;
    const so = { grounds, inputs: this.#inputs, frames: this.#frames };
    const adopted = await adoptFrame({ planned, variant, frames, signal }, adoption, so);
    if (adopted === undefined) return undefined;
    this.#frames.set(variant.frame, adopted.sha256);
    return { computed: adopted.computed, origins: [] };
  }

  /** Reads the values that the cell is about to be handed, where that was not necessary before. */
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

function toComputed({ value, output, shown, origin, frame }: CellRecord): ComputedCell {
  return {
    value,
    output,
    ...(shown && { shown }),
    ...(origin && { origin }),
    ...(frame !== undefined && { frame }),
  };
}

function forgotten(name: string): HexError {
  return expectation("HEX_OUTPUT_GONE", {
    place: `what the press of a button came to in cell ${name}`,
    expected: "kept",
    got: "one that is there no more",
    hint: "a press is carried out once: press again",
  });
}
