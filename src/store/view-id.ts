import { toSha256 } from "../sha256.ts";
import type { Commit } from "./manifest/manifest.ts";
import type { FoundObject } from "./store.ts";

const FOREIGN_ID = /^(?:(.+)-)?csv-[0-9a-f]{32}$/;

/**
 * Names what is seen of a store: its commit, and the CSVs of other tools that stand for frames which
 * no run has published. `null` where there is neither.
 */
export function toViewId(
  commit: Pick<Commit, "commitId"> | undefined,
  foreign: ReadonlyMap<string, FoundObject>,
): string | null {
  if (foreign.size === 0) return commit?.commitId ?? null;
  const contents = [...foreign].map(([name, { tag }]) => [name, tag]).sort();
  const digest = toSha256(JSON.stringify(contents));
  const csv = `csv-${digest.slice(0, 32)}`;
  return commit === undefined ? csv : `${commit.commitId}-${csv}`;
}

/** The id of the commit in what `toViewId` gave; undefined for none. */
export function commitIdOf(viewId: string): string | undefined {
  const match = FOREIGN_ID.exec(viewId);
  return match === null ? viewId : match[1];
}
