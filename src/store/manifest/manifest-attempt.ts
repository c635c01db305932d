import { MANIFEST_KEY } from "../key.ts";
import type { Store } from "../store.ts";
import type { Sight, WriteAnswer } from "./commit-outcome.ts";
import { newestCommit, newestGeneration } from "./history.ts";
import { type Commit, type Manifest, toManifestBytes } from "./manifest.ts";
import { readManifest, type StoredManifest } from "./read-manifest.ts";

/** What the write of a manifest said, with the failure if it said nothing. */
export interface Attempt {
  readonly answer: WriteAnswer;
  readonly cause?: unknown;
}

/** What the next look at the manifest shows, with the failure if it showed nothing. */
export interface View {
  readonly sight: Sight;
  readonly found?: StoredManifest | undefined;
  readonly cause?: unknown;
}

/** Writes a manifest over the one it was built upon. A failure is an answer too. */
export async function tryManifest(
  store: Store,
  next: Manifest,
  base: StoredManifest | undefined,
  conditions: "required" | "unavailable",
): Promise<Attempt> {
  const isRequired = conditions === "required";
  const condition = base === undefined ? { ifNoneMatch: "*" as const } : { ifMatch: base.etag };
  const body = toManifestBytes(next);
  try {
    const result = await store.write(MANIFEST_KEY, body, {
      contentType: "application/json",
      ...(isRequired && { condition }),
    });
    if (result.status === "conflict") return { answer: result.reason ?? "changed" };
    // Without a condition somebody may have written at the same moment: only a look tells.
    return { answer: isRequired ? "written" : "unknown" };
  } catch (cause) {
    return { answer: "unknown", cause };
  }
}

/** Reads the manifest again and compares it with the one a commit was built upon. */
export async function lookAgain(
  store: Store,
  base: StoredManifest | undefined,
  commit: Commit,
): Promise<View> {
  try {
    const found = await readManifest(store);
    return { sight: toSight(base?.manifest, found?.manifest, commit), found };
  } catch (cause) {
    return { sight: "unreadable", cause };
  }
}

/** What a manifest that was found says of a commit that was built upon another one. */
function toSight(
  base: Manifest | undefined,
  found: Manifest | undefined,
  commit: Pick<Commit, "commitId" | "generation">,
): Sight {
  if (found === undefined) return base === undefined ? "unchanged" : "vanished";
  const index = found.commits.findIndex(({ commitId }) => commitId === commit.commitId);
  if (index >= 0) return index === 0 ? "own-newest" : "own-earlier";
  const ahead = newestGeneration(found) - newestGeneration(base);
  if (ahead < 0) return "gone-back";
  if (ahead === 0) {
    const isSame = newestCommit(found)?.commitId === newestCommit(base)?.commitId;
    return isSame ? "unchanged" : "gone-back";
  }
  const isTaken = found.commits.some(({ generation }) => generation === commit.generation);
  return isTaken ? "other" : "other-far-ahead";
}
