import * as v from "valibot";
import { toSha256 } from "../../sha256.ts";
import { countSchema, DocumentKind, sha256, textSchema, wordSchema } from "../../store/document.ts";
import { dayIndexKey } from "../../store/key.ts";
import type { Store, StoreOptions } from "../../store/store.ts";
import { isDamage, isInvalidData } from "../../store/stored-file.ts";
import { isRunId } from "./run-id.ts";
import { isFinal, type RunRecord } from "./run-record.ts";
import { context, FORMAT, format, state, trigger } from "./stored-record.ts";

/*
 * The index of a day tells of runs that have ended what lists ask for, so that their records need not
 * be read. It is derived: whoever reads records writes it, and where it is lost or damaged it is
 * derived again. A record of an ended run never changes, so what is told of it stays true for as long
 * as the run is there: a reader that has the names of a day's runs takes of it what the names have, and
 * reads the others.
 */

const kind = {
  context,
  trigger,
  state,
  schedule: v.exactOptional(wordSchema),
};

/** What lists ask of runs; those that share all of it are told of together. */
export type RunKind = Readonly<v.InferOutput<v.ObjectSchema<typeof kind, undefined>>>;

/** What a kind of runs is told with: their ids, or how many there are. */
export const kindSchema = v.object({ ...kind, count: countSchema });
/** The ids in one text, of which readers part only those that they ask for. */
const KindWithIds = v.object({ ...kind, runIds: textSchema });

type KindWithIds = Readonly<v.InferOutput<typeof KindWithIds>>;

const StoredIndex = v.object({
  format,
  /** of the kinds, so that damage never hides a run */
  sha256,
  kinds: v.array(KindWithIds, "kinds of runs"),
});

type StoredIndex = v.InferOutput<typeof StoredIndex>;

const INDEXES = new DocumentKind<StoredIndex>({
  schema: StoredIndex,
  format: FORMAT,
  limitBytes: 2 ** 26,
  check: ({ kinds, ...found }) => differentSha256(found.sha256, kinds),
});

/** That a digest is not the one of a value, for the check of a document. */
export function differentSha256(found: string, value: unknown) {
  const expected = digestOf(value);
  return found === expected ? undefined : { expected: `of digest ${expected}`, got: found };
}

/** The digest of plain JSON data. */
export function digestOf(value: unknown): string {
  return toSha256(JSON.stringify(value));
}

const BETWEEN_IDS = " ";
const ID_LENGTH = 36;

/** What is known of the ended runs of one day. */
export class DayIndex {
  /** its content as a digest */
  readonly sha256: string;
  readonly #kinds: readonly KindWithIds[];
  #kindOf: ReadonlyMap<string, RunKind> | undefined;

  private constructor(kinds: readonly KindWithIds[], sha256: string) {
    this.#kinds = kinds;
    this.sha256 = sha256;
  }

  /** Reads the index of a day; an empty one when there is none that can be read. */
  static async read(store: Store, day: string, { signal }: StoreOptions): Promise<DayIndex> {
    try {
      const found = await INDEXES.at(store, dayIndexKey(day)).read({ signal });
      if (found !== undefined) return new DayIndex(found.value.kinds, found.value.sha256);
    } catch (error) {
      // It is derived again, and then replaced.
      if (!isDamage(error) && !isInvalidData(error)) throw error;
    }
    return new DayIndex([], digestOf([]));
  }

  /** What is told of a run; `undefined` when nothing is. */
  kindOf(runId: string): RunKind | undefined {
    this.#kindOf ??= new Map(
      this.#kinds.flatMap(({ runIds, ...told }) =>
        runIds.split(BETWEEN_IDS).map((id): [string, RunKind] => [id, told]),
      ),
    );
    return this.#kindOf.get(runId);
  }

  /** The ids of the kinds that are asked for. */
  idsOf(isAskedFor: (told: RunKind) => boolean): readonly string[] {
    return this.#kinds.filter(isAskedFor).flatMap(({ runIds }) => runIds.split(BETWEEN_IDS));
  }

  /** Its kinds, and how many runs there are of each. */
  get counts(): readonly v.InferOutput<typeof kindSchema>[] {
    return this.#kinds.map(({ runIds, ...told }) => {
      return { ...told, count: (runIds.length + BETWEEN_IDS.length) / (ID_LENGTH + 1) };
    });
  }

  /** An index of the runs that have these ids, told of by this index or by their records. */
  with(ids: readonly string[], records: readonly RunRecord[]): DayIndex {
    const read = new Map(records.map((record) => [record.runId, toKind(record)]));
    const kinds = new Map<string, { readonly told: RunKind; readonly runIds: string[] }>();
    for (const id of ids.toSorted()) {
      const told = this.kindOf(id) ?? read.get(id);
      if (told === undefined) continue;
      const name = JSON.stringify(told);
      const known = kinds.get(name) ?? { told, runIds: [] };
      kinds.set(name, known);
      known.runIds.push(id);
    }
    const sorted = [...kinds].toSorted(([one], [other]) => (one < other ? -1 : 1));
    const joined = sorted.map(([, { told, runIds }]) => {
      return { ...told, runIds: runIds.join(BETWEEN_IDS) };
    });
    return new DayIndex(joined, digestOf(joined));
  }

  /** Keeps it for later readers. @throws {HexError} HEX_STORE_UNAVAILABLE */
  async write(store: Store, day: string, { signal }: StoreOptions): Promise<void> {
    const stored = { sha256: this.sha256, kinds: [...this.#kinds] };
    await INDEXES.at(store, dayIndexKey(day)).write({ format: FORMAT, ...stored }, { signal });
  }
}

/** What lists ask of a run. Of one that goes on it is true only now. */
export function toKind({ context, trigger, state, occasion }: RunRecord): RunKind {
  const told = { context, trigger, state };
  return occasion === undefined ? told : { ...told, schedule: occasion.schedule };
}

/** Whether an index may tell of a run. */
export function isIndexable({ runId, state }: RunRecord): boolean {
  return isFinal(state) && isRunId(runId);
}
