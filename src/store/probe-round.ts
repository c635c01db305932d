import { expectation, HexError } from "../errors.ts";
import { saysUnsupported } from "./s3/s3-failure.ts";
import type { Store, StoreOptions, WriteOptions } from "./store.ts";

/** Faults that one round of tries has shown; none when the store did as it should. */
export interface Round {
  /** proven: what a store that keeps conditions never does */
  readonly faults?: readonly Fault[];
  /** what something else may explain once: a store that refuses conditions does it again */
  readonly doubt?: Fault;
  /** why the round shows nothing: too many answers were lost */
  readonly failure?: HexError;
}

/** Fault of a store: a phrase, and whether it shows only in writes that meet. */
export interface Fault {
  readonly text: string;
  readonly isOfMeeting: boolean;
}

export interface RoundOptions extends StoreOptions {
  /** how many write at once */
  readonly writers: number;
}

type Condition = NonNullable<WriteOptions["condition"]>;

/** Answer to one write. An undecided one wrote nothing, and proves nothing about the condition. */
type Answer =
  | { readonly kind: "written"; readonly etag: string }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "lost" | "undecided"; readonly failure: HexError };

/** Writes under a condition, a text of its own each time: no two contents are equal. */
type Ask = (condition: Condition) => Promise<Answer>;

const IS_NEW: Condition = { ifNoneMatch: "*" };
const ASKS_ALLOWED = 3;

/**
 * Tries out one object that nobody has written to: several create it at once, several replace it at
 * once, and one each comes too late. An answer that was lost may have been any, so it proves nothing.
 */
export async function tryRound(store: Store, key: string, options: RoundOptions): Promise<Round> {
  const { writers, signal } = options;
  let texts = 0;
  const ask: Ask = (condition) => write(store, key, { text: `${++texts}`, condition, signal });
  const look = async () => (await store.read(key, { signal }))?.etag;
  try {
    const created = await meet(ask, IS_NEW, writers);
    const first = onlyEtag(created) ?? (await look());
    if (first === undefined)
      return toUnmoved(created, "it refuses to create an object if there is none");
    const isFirst = { ifMatch: first };
    const [again, replaced] = await Promise.all([
      askSurely(ask, IS_NEW),
      meet(ask, isFirst, writers),
    ]);
    const second = onlyEtag(replaced) ?? (await look());
    const stale = second === first ? undefined : await askSurely(ask, isFirst);
    const faults = findFaults({ created, again, replaced, stale });
    if (faults.length > 0) return { faults };
    if (stale === undefined) return toUnmoved(replaced, "it refuses an If-Match that holds");
    return { ...toFailure([created, replaced], [again, stale]) };
  } catch (error) {
    if (signal?.aborted || !(error instanceof HexError)) throw error;
    return { failure: error };
  }
}

interface Answers {
  readonly created: readonly Answer[];
  readonly again: Answer;
  readonly replaced: readonly Answer[];
  readonly stale: Answer | undefined;
}

function findFaults({ created, again, replaced, stale }: Answers): readonly Fault[] {
  const several = (answers: readonly Answer[]) => countOf(answers, "written") > 1;
  const fault = (text: string, isOfMeeting: boolean) => ({ text, isOfMeeting });
  return [
    ...(several(created) ? [fault("it lets several writers at once create one object", true)] : []),
    ...(several(replaced)
      ? [fault("it lets several writers at once replace one object in spite of If-Match", true)]
      : []),
    ...(again.kind === "written"
      ? [fault("it overwrites an object in spite of If-None-Match: *", false)]
      : []),
    ...(stale?.kind === "written"
      ? [fault("it overwrites an object in spite of an older If-Match", false)]
      : []),
  ];
}

/** All wrote and the object is as it was: the store refuses what holds, if it said so each time. */
function toUnmoved(answers: readonly Answer[], text: string): Round {
  const unsure = answers.find((answer) => "failure" in answer);
  if (unsure !== undefined) return { failure: unsure.failure };
  const refusal = answers.find((answer) => "reason" in answer);
  return { doubt: { text: `${text}: ${refusal?.reason}`, isOfMeeting: false } };
}

/** Too few answers: of those who met, two have to be known, and both who came too late. */
function toFailure(met: readonly (readonly Answer[])[], late: readonly Answer[]): Round {
  const thin = met.find((answers) => answers.length - countOf(answers, "lost") < 2) ?? [];
  const unsure = [...thin, ...late].find((answer) => "failure" in answer);
  return unsure === undefined ? {} : { failure: unsure.failure };
}

function meet(ask: Ask, condition: Condition, writers: number): Promise<readonly Answer[]> {
  return Promise.all(Array.from({ length: writers }, () => ask(condition)));
}

/** Asks again while the answer is lost. */
async function askSurely(ask: Ask, condition: Condition): Promise<Answer> {
  for (let asks = 1; ; asks++) {
    const answer = await ask(condition);
    if (!("failure" in answer) || asks >= ASKS_ALLOWED) return answer;
  }
}

async function write(
  store: Store,
  key: string,
  { text, condition, signal }: WriteOptions & { readonly text: string },
): Promise<Answer> {
  try {
    const result = await store.write(key, new TextEncoder().encode(text), { condition, signal });
    if (result.status === "written") return { kind: "written", etag: result.etag };
    if (result.reason !== "undecided")
      return { kind: "refused", reason: result.reason ?? "refused" };
    return { kind: "undecided", failure: undecided(store) };
  } catch (error) {
    if (signal?.aborted || !(error instanceof HexError)) throw error;
    // A server that knows no conditions may say so.
    if (saysUnsupported(error.cause)) return { kind: "refused", reason: error.message };
    return { kind: "lost", failure: error };
  }
}

function undecided({ location }: Store): HexError {
  return expectation("HEX_STORE_UNAVAILABLE", {
    place: `the store ${location}`,
    expected: "ready to decide between writes that meet",
    got: "no decision however often they were tried",
  });
}

/** The ETag of the one that wrote; of several nobody knows whose content stands. */
function onlyEtag(answers: readonly Answer[]): string | undefined {
  const written = answers.filter((answer) => "etag" in answer);
  return written.length === 1 ? written[0]?.etag : undefined;
}

function countOf(answers: readonly Answer[], kind: Answer["kind"]): number {
  return answers.filter((answer) => answer.kind === kind).length;
}
