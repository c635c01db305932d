import { MANIFEST_KEY } from "../key.ts";
import type { Store, StoreOptions } from "../store.ts";
import { type Manifest, parseManifest } from "./manifest.ts";

/** A manifest as it was read, with what a condition on it needs. */
export interface StoredManifest {
  readonly manifest: Manifest;
  readonly etag: string;
}

/**
 * Reads the manifest, or `undefined` when nothing is published.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
 */
export async function readManifest(
  store: Store,
  { signal }: StoreOptions = {},
): Promise<StoredManifest | undefined> {
  const object = await store.read(MANIFEST_KEY, { signal });
  return object && { manifest: parseManifest(object.body, store.location), etag: object.etag };
}
