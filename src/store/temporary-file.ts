import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectation, toMessage } from "../errors.ts";
import { diskErrorCode } from "./directory/directory-failure.ts";

/** Gives a path in a folder that nobody else may look into, and removes what is there afterwards. */
export async function withTemporaryPath<T>(work: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "hex-object-")).catch((error: unknown) => {
    throw toTemporaryFailure(error);
  });
  try {
    return await work(join(folder, "object"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tells a failure of the temporary folder's disk in a sentence; anything else comes back as it was. */
export function toTemporaryFailure(thrown: unknown): unknown {
  if (diskErrorCode(thrown) === undefined) return thrown;
  const told = {
    place: `the temporary folder ${tmpdir()}`,
    expected: "writable, with room for a file of a frame",
    got: toMessage(thrown).replace(/, \w+ '.*$/s, ""),
    hint: "free some space, or set TMPDIR to another folder",
  };
  return expectation("HEX_STORE_UNAVAILABLE", told, { cause: thrown });
}
