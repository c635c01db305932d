import { expectation } from "../errors.ts";
import { DirectoryStore } from "./directory/directory-store.ts";
import type { StoreCredentials, StoreLocation } from "./location.ts";
import type { ProbeNotes, Store, StoreMarker } from "./store.ts";

/** Notes about a store outside of it. */
export interface StoreMemory {
  readonly marker?: StoreMarker;
  readonly probeNotes?: ProbeNotes;
}

/**
 * Opens the store at a location. Nothing is written and no server is asked yet.
 *
 * @param credentials the secrets that `location.credentials` names; without names S3's own chain
 * of environment, profile and machine role finds them
 * @throws {HexError} HEX_SECRET_MISSING when the location names secrets and none are handed over
 */
export async function openStore(
  location: StoreLocation,
  credentials?: StoreCredentials,
  { marker, probeNotes }: StoreMemory = {},
): Promise<Store> {
  if (location.kind === "directory") return new DirectoryStore(location.directory, marker);
  if (location.credentials !== undefined && credentials === undefined) {
    throw expectation("HEX_SECRET_MISSING", {
      place: `the secrets ${Object.values(location.credentials).join(", ")}`,
      expected: "set",
      got: "no values",
      hint: "they are named in `store` as the credentials for S3",
    });
  }
  // The S3 client costs 72 ms to load, which a run on a directory must not pay.
  const { S3Store } = await import("./s3/s3-store.ts");
  return new S3Store(location, { credentials, marker, probeNotes });
}
