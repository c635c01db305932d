import { expectation } from "../../errors.ts";
import { MANIFEST_KEY } from "../key.ts";
import type { Store, StoreOptions } from "../store.ts";
import { type Manifest, parseManifest } from "./manifest.ts";

/** A manifest as it was read, with what a condition on it needs. */
export interface StoredManifest {
  readonly manifest: Manifest;
  readonly etag: string;
}

/**
 * Reads the manifest, or `undefined` when nothing was ever published.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, also when something was published that is not there;
 * HEX_STORE_DAMAGED
 */
export async function readManifest(
  store: Pick<Store, "location" | "read" | "witness">,
  { signal }: StoreOptions = {},
): Promise<StoredManifest | undefined> {
  const object = await store.read(MANIFEST_KEY, { signal });
  if (object === undefined) {
    await refuseAway(store);
    return undefined;
  }
  const manifest = parseManifest(object.body, store.location);
  // One that was only sealed has nothing that could be missed.
  if (manifest.commits.length > 0) await store.witness?.note();
  return { manifest, etag: object.etag };
}

async function refuseAway({
  witness,
  location,
}: Pick<Store, "location" | "witness">): Promise<void> {
  const seen = await witness?.readSeen();
  if (seen === undefined) return;
  throw expectation("HEX_STORE_UNAVAILABLE", {
    place: `the store ${location}`,
    expected: "there with all that was published in it",
    got: "nothing",
    hint: seen.hint,
  });
}
