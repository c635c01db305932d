import { setTimeout as wait } from "node:timers/promises";
import { type Expectation, expectation, HexError, toMessage } from "../errors.ts";
import { type Observation, toChangeOutcome, type UncertainAnswer } from "./change-outcome.ts";
import { type DocumentAt, documentName, type StoredDocument } from "./document.ts";
import type { StoreOptions, WriteResult } from "./store.ts";

/**
 * How a document is changed; each has a real default. The signal ends the waiting between writes. A
 * write that is on its way is never left alone: it is found out what became of it.
 */
export interface ChangeOptions extends StoreOptions {
  /**
   * Whether the store keeps the conditions of writes, as `probeStore` finds out; required unless
   * told. Without them, of what several writers write at the same moment only the last may stay.
   */
  readonly conditions?: "required" | "unavailable" | undefined;
  /** called when a condition is refused that holds; absent: the store is taken to keep them */
  readonly findConditions?: (() => Promise<"required" | "unavailable">) | undefined;
  /** how often a write is tried of which nothing certain is heard; 8 unless told */
  readonly tries?: number | undefined;
  readonly sleep?: ((ms: number, options: StoreOptions) => Promise<unknown>) | undefined;
  /** from 0 up to 1, to spread writers that meet */
  readonly random?: (() => number) | undefined;
}

/** Knows which documents can follow each other. */
interface DocumentPast<T> {
  /** Compares a document that has not our change with the one that it was built upon. */
  observe(base: T | undefined, found: T | undefined): Exclude<Observation, "own" | "unreadable">;

  /** The failure over a document that cannot have become what it is by changes such as ours. */
  toAlarm(observed: Observation): HexError;
}

/** A change, and how it is recognized. */
export interface Change<T> {
  /** The document that is to follow; `undefined` leaves it as it is. It throws to give up. */
  build(current: T | undefined): T | undefined;

  /** Whether a document has this change, also below those of others. */
  isIn(found: T): boolean;

  /** of a document that shows its past; without it, another ETag means that others were faster */
  readonly past?: DocumentPast<T>;

  /** The failure when nothing certain is heard of this change; `got` says what was heard instead. */
  toUnknown?(got: string): Expectation;

  /** what to do when others are faster again and again */
  readonly busyHint?: string;
}

/** `unchanged`: `build` left the document as it is. */
export type ChangeResult<T> =
  /** `value` has the change, and perhaps later ones */
  | { readonly status: "changed"; readonly value: T }
  | { readonly status: "unchanged"; readonly value: T | undefined };

/** How often others may be faster. */
const RACES_ALLOWED = 200;
const TRIES = 8;
/** How often a document is read after a write before it counts as unreadable. */
const LOOKS_ALLOWED = 4;
const PAUSE_MS = 20;
/** a writer that was overtaken soon tries again; a store that is overloaded gets more time */
const LONGEST_RACE_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Changes a document by compare-and-set, building the change anew when somebody else was faster.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, also when nobody can say whether the change was made;
 * HEX_STORE_DAMAGED
 */
export async function changeDocument<T>(
  document: DocumentAt<T>,
  change: Change<T>,
  options: ChangeOptions = {},
): Promise<ChangeResult<T>> {
  const base = await document.read({ signal: options.signal });
  return new ChangeAttempts(document, change, options).run(base);
}

/**
 * Writes a document where none is yet: `unchanged` gives the one that is there, whoever wrote it.
 *
 * @throws {HexError} as `changeDocument`
 */
export async function createDocument<T>(
  document: DocumentAt<T>,
  value: T,
  change: Pick<Change<T>, "isIn" | "toUnknown">,
  options: ChangeOptions = {},
): Promise<ChangeResult<T>> {
  const build = (current: T | undefined) => (current === undefined ? value : undefined);
  const attempts = new ChangeAttempts(document, { ...change, build }, options);
  // A condition saves the reading of what most likely is not there.
  const isConditional = options.conditions !== "unavailable";
  return attempts.run(isConditional ? undefined : await document.read({ signal: options.signal }));
}

interface Look<T> {
  readonly observed: Observation;
  readonly found?: StoredDocument<T> | undefined;
  /** of one that showed nothing */
  readonly cause?: unknown;
}

/** One change on its way into a document. */
class ChangeAttempts<T> {
  readonly #document: DocumentAt<T>;
  readonly #change: Change<T>;
  readonly #options: ChangeOptions;
  #conditions: "required" | "unavailable";
  #races = 0;
  #tries = 0;
  /** a write that may still take place: why nothing is known of it */
  #open: { readonly cause: unknown } | undefined;

  constructor(document: DocumentAt<T>, change: Change<T>, options: ChangeOptions) {
    this.#document = document;
    this.#change = change;
    this.#options = options;
    this.#conditions = options.conditions ?? "required";
  }

  async run(first: StoredDocument<T> | undefined): Promise<ChangeResult<T>> {
    for (let base = first; ; ) {
      const next = this.#build(base);
      if (next === undefined) return { status: "unchanged", value: base?.value };
      const written = await this.#write(next, base);
      if (written.answer === "written") return { status: "changed", value: next };
      const look = await this.#look(base);
      if (look.observed === "own" && look.found)
        return { status: "changed", value: look.found.value };
      await this.#goOn(written.answer, look.observed, written.cause ?? look.cause);
      base = look.found;
    }
  }

  #build(base: StoredDocument<T> | undefined): T | undefined {
    try {
      this.#options.signal?.throwIfAborted();
      return this.#change.build(base?.value);
    } catch (error) {
      if (this.#open === undefined) throw error;
      throw this.#toUnknown(this.#open.cause);
    }
  }

  /** Writes once. A failure is an answer too. */
  async #write(
    next: T,
    base: StoredDocument<T> | undefined,
  ): Promise<{ readonly answer: "written" | UncertainAnswer; readonly cause?: unknown }> {
    const isRequired = this.#conditions === "required";
    const condition = base === undefined ? { ifNoneMatch: "*" as const } : { ifMatch: base.etag };
    let result: WriteResult;
    try {
      result = await this.#document.write(next, isRequired ? { condition } : {});
    } catch (cause) {
      // Only a store that is away leaves open whether it has written: all else is a refusal.
      const isRefused = cause instanceof HexError && !isUnavailable(cause);
      if (isRefused && this.#open === undefined) throw cause;
      return { answer: "unknown", cause };
    }
    if (result.status === "conflict") return { answer: result.reason ?? "changed" };
    // Without a condition somebody may have written at the same moment: only a look tells.
    return { answer: isRequired ? "written" : "unknown" };
  }

  /** Reads the document again, several times if need be, and compares it with the former one. */
  async #look(base: StoredDocument<T> | undefined): Promise<Look<T>> {
    for (let looks = 1; ; looks++) {
      try {
        const found = await this.#document.read();
        return { observed: this.#observe(base, found), found };
      } catch (cause) {
        const isLast = looks >= Math.min(LOOKS_ALLOWED, this.#triesAllowed);
        if (isLast) return { observed: "unreadable", cause };
      }
      await this.#sleep(pauseMs(looks));
    }
  }

  #observe(base: StoredDocument<T> | undefined, found: StoredDocument<T> | undefined): Observation {
    // The answer may have been lost, and somebody may have built upon our change since.
    if (found && this.#change.isIn(found.value)) return "own";
    if (base?.etag === found?.etag) return "unchanged";
    return this.#change.past?.observe(base?.value, found?.value) ?? "other";
  }

  /** Waits for the next try, or throws when this was the last one. */
  async #goOn(answer: UncertainAnswer, observed: Observation, cause: unknown): Promise<void> {
    const outcome = toChangeOutcome(answer, observed);
    if (outcome === "alarm" && this.#change.past) throw this.#change.past.toAlarm(observed);
    if (outcome === "unknown") throw this.#toUnknown(cause);
    if (outcome === "superseded") {
      // What is still on its way has a condition that can never hold again, if it has one.
      if (this.#conditions === "required") this.#open = undefined;
      if (++this.#races > RACES_ALLOWED) throw this.#toBusy(RACES_ALLOWED);
      return this.#pause(Math.min(LONGEST_RACE_PAUSE_MS, PAUSE_MS * 2 ** this.#races));
    }
    if (cause !== undefined) this.#open = { cause };
    else if (answer !== "unknown") await this.#doubtConditions();
    if (++this.#tries >= this.#triesAllowed) throw this.#toLast(answer);
    return this.#pause(pauseMs(this.#tries));
  }

  /** The condition held and was refused: a store that keeps none is written to without. */
  async #doubtConditions(): Promise<void> {
    try {
      this.#conditions = (await this.#options.findConditions?.()) ?? this.#conditions;
    } catch (error) {
      // Nothing is known, so nothing changes.
      if (!isUnavailable(error)) throw error;
    }
  }

  get #triesAllowed(): number {
    return this.#options.tries ?? TRIES;
  }

  #toLast(answer: UncertainAnswer): HexError {
    if (this.#open !== undefined) return this.#toUnknown(this.#open.cause);
    if (answer === "undecided") return this.#toBusy(this.#tries);
    return answer === "unknown"
      ? this.#toUnknown(undefined)
      : refusedCondition(this.#document.location);
  }

  #toUnknown(cause: unknown): HexError {
    const got = cause === undefined ? "no certain answer" : `no answer (${toMessage(cause)})`;
    const place = documentName(this.#document);
    const expected = "either written or refused";
    const failure = this.#change.toUnknown?.(got) ?? { place, expected, got };
    return expectation("HEX_STORE_UNAVAILABLE", failure, { cause });
  }

  #toBusy(tries: number): HexError {
    const { busyHint: hint } = this.#change;
    return expectation("HEX_STORE_UNAVAILABLE", {
      place: documentName(this.#document),
      expected: `free to be replaced within ${tries} tries`,
      got: "another writer each time",
      ...(hint !== undefined && { hint }),
    });
  }

  /** Waits, not exactly as long as others do. */
  async #pause(longestMs: number): Promise<void> {
    const { signal } = this.#options;
    try {
      await this.#sleep(longestMs, signal);
    } catch (error) {
      // The next try says that it was interrupted, and what is known of the last one.
      if (!signal?.aborted) throw error;
    }
  }

  async #sleep(longestMs: number, signal?: AbortSignal): Promise<void> {
    const { random = Math.random, sleep = realSleep } = this.#options;
    await sleep(longestMs * random(), { signal });
  }
}

/** The failure of a store that refuses a condition which holds: nothing could ever be changed in it. */
export function refusedCondition(location: string): HexError {
  return expectation("HEX_STORE_UNAVAILABLE", {
    place: `the store ${location}`,
    expected: "ready to write under a condition that holds",
    got: "a refusal",
    hint: "use a store that keeps If-Match and If-None-Match",
  });
}

/** Whether a failure is that of a store which may answer later. */
export function isUnavailable(thrown: unknown): boolean {
  return thrown instanceof HexError && thrown.code === "HEX_STORE_UNAVAILABLE";
}

function pauseMs(times: number): number {
  return Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** times);
}

function realSleep(ms: number, { signal }: StoreOptions): Promise<unknown> {
  return wait(ms, undefined, { signal });
}
