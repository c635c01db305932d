import * as v from "valibot";
import { HexError } from "../errors.ts";
import { ACCESS_KEY } from "../store/key.ts";
import type { Store, StoreOptions } from "../store/store.ts";

/** What a store says of tokens: some were made, or none ever was. */
type Access = "made" | "never";

const LIMIT_BYTES = 4 * 1024;
const accessObject = v.object({ format: v.literal(1), tokens: v.picklist(["made", "never"]) });

/**
 * What the store says of whether a token was ever made: `undefined` where it says nothing, `damaged`
 * where that cannot be read.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE
 */
export async function readAccess(
  store: Store,
  { signal }: StoreOptions = {},
): Promise<Access | "damaged" | undefined> {
  try {
    const object = await store.read(ACCESS_KEY, { signal, limitBytes: LIMIT_BYTES });
    if (object === undefined) return undefined;
    return v.parse(accessObject, JSON.parse(new TextDecoder().decode(object.body))).tokens;
  } catch (error) {
    if (error instanceof HexError && error.code === "HEX_STORE_UNAVAILABLE") throw error;
    signal?.throwIfAborted();
    return "damaged";
  }
}

/** Has the store say for ever that a token was made. @throws {HexError} HEX_STORE_UNAVAILABLE */
export async function writeMade(store: Store): Promise<void> {
  await store.write(ACCESS_KEY, toBytes("made"), { contentType: "application/json" });
}

/**
 * Has a store that says nothing say that none was, unless somebody else was faster; a store that
 * ignores conditions may then say it for the moment, until who makes the token looks again.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE
 */
export async function writeNever(store: Store): Promise<void> {
  await store.write(ACCESS_KEY, toBytes("never"), {
    contentType: "application/json",
    condition: { ifNoneMatch: "*" },
  });
}

function toBytes(tokens: Access): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: 1, tokens })}\n`);
}
