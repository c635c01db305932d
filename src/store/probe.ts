import { randomUUID } from "node:crypto";
import { HexError } from "../errors.ts";
import { PROBE_PREFIX } from "./key.ts";
import type { Store, StoreOptions, WriteOptions, WriteResult } from "./store.ts";

/** What a store was found to do with the conditions of writes. */
export interface StoreProbe {
  /** whether several machines may publish to it */
  readonly conditionalWrites: boolean;
  /** what is wrong with it, a phrase each; empty when nothing is */
  readonly faults: readonly string[];
}

export interface ProbeOptions extends StoreOptions {
  /** a text that no other probe ever gets */
  readonly randomId?: (() => string) | undefined;
}

const TRIES = 3;

/**
 * Tries out whether a store keeps the conditions of writes, unless that is certain, on an object of
 * its own that is gone afterwards. A store that ignores them says "written" to everybody, and would lose versions.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE when it cannot be read or written at all
 */
export async function probeStore(
  store: Store,
  { signal, randomId = randomUUID }: ProbeOptions = {},
): Promise<StoreProbe> {
  if (store.keepsConditions) return { conditionalWrites: true, faults: [] };
  const key = `${PROBE_PREFIX}${randomId()}`;
  try {
    const faults = await findFaults(store, key, { signal });
    return { conditionalWrites: faults.length === 0, faults };
  } finally {
    await store.delete(key);
  }
}

async function findFaults(store: Store, key: string, options: StoreOptions): Promise<string[]> {
  const write = (text: string, condition?: WriteOptions["condition"]) =>
    store.write(key, new TextEncoder().encode(text), { ...options, condition });
  const ask = (text: string, condition: WriteOptions["condition"]) =>
    toAnswer(() => write(text, condition));
  // Two at once create one object, and nobody creates it again.
  const isNew = { ifNoneMatch: "*" } as const;
  const created = await Promise.all([ask("one", isNew), ask("two", isNew)]);
  const again = await ask("three", isNew);
  // It changes: its older ETag no longer holds, its newer one does.
  const etags = [await write("four"), await write("five")].map(etagOf);
  const stale = await ask("six", { ifMatch: etags[0] ?? "" });
  const right = await ask("seven", { ifMatch: etags[1] ?? "" });
  const winners = created.filter((answer) => answer === "written").length;
  return [
    ...(winners > 1 ? ["it lets two writers create one object"] : []),
    ...(winners < 1 ? [`it refuses to create an object if there is none: ${created[0]}`] : []),
    ...(again === "written" ? ["it overwrites an object in spite of If-None-Match: *"] : []),
    ...(stale === "written" ? ["it overwrites an object in spite of an older If-Match"] : []),
    ...(right !== "written" ? [`it refuses an If-Match that holds: ${right}`] : []),
  ];
}

function etagOf(result: WriteResult): string {
  return result.status === "written" ? result.etag : "";
}

/** `written`, or why it was not. */
async function toAnswer(write: () => Promise<WriteResult>): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      const result = await write();
      return result.status === "written" ? "written" : (result.reason ?? "refused");
    } catch (error) {
      // A server that knows no conditions may say so; one that is gone fails the plain writes too.
      if (!(error instanceof HexError)) throw error;
      if (tries >= TRIES) return error.message;
    }
  }
}
