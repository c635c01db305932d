import { expectation } from "../../errors.ts";
import type { Commit, Manifest, PublishedFrame, StoredFile } from "./manifest.ts";

/** How long versions are kept: the rule that keeps more counts. */
export interface Retention {
  /** the newest versions that are kept however old they are; 10 unless told, at least 1 */
  readonly keepVersions?: number | undefined;
  /** how long a version is kept after a newer one took its place; 24 hours unless told */
  readonly keepMs?: number | undefined;
}

const DAY_MS = 86_400_000;
/** what is kept for its age alone goes earlier when it would make the manifest larger than this */
const HISTORY_LIMIT_BYTES = 4 * 1024 * 1024;

/** The commits that are kept, the newest first; the newest one always is. */
export function retainCommits(
  commits: readonly Commit[],
  { keepVersions = 10, keepMs = DAY_MS }: Retention,
  now: number,
): Commit[] {
  let sizeBytes = 0;
  return commits.filter((commit, index) => {
    if (index < Math.max(1, keepVersions)) return true;
    sizeBytes += JSON.stringify(commit).length;
    const replacedAt = Date.parse(commits[index - 1]?.publishedAt ?? commit.publishedAt);
    return sizeBytes <= HISTORY_LIMIT_BYTES && now - replacedAt < keepMs;
  });
}

/** A manifest with a new commit at its head. */
export interface NextManifest {
  readonly manifest: Manifest;
  readonly commit: Commit;
}

/** The manifest that follows another one: the new commit, and the older ones that are kept. */
export function toNextManifest(
  commit: Commit,
  current: Manifest | undefined,
  { fence = 0, ...retention }: Retention & { readonly fence?: number | undefined },
): NextManifest {
  const { commits = [], fence: highest = 0, ...rest } = current ?? {};
  const manifest: Manifest = {
    ...rest,
    format: 1,
    fence: Math.max(highest, fence),
    commits: retainCommits([commit, ...commits], retention, Date.parse(commit.publishedAt)),
  };
  return { commit, manifest };
}

/** The newest commit of a manifest. */
export function newestCommit(manifest: Manifest | undefined): Commit | undefined {
  return manifest?.commits[0];
}

/** The generation of the newest commit; 0 when nothing is published. */
export function newestGeneration(manifest: Manifest | undefined): number {
  return newestCommit(manifest)?.generation ?? 0;
}

/** Every key that some commit of a manifest needs. */
export function referencedKeys({ commits }: Manifest): Set<string> {
  return new Set(commits.flatMap(filesOf).map(({ key }) => key));
}

/** Every file that a commit needs. */
export function filesOf({
  frames,
  outputs,
  shown = {},
}: Pick<Commit, "frames" | "outputs" | "shown">): StoredFile[] {
  const files = Object.values(frames).flatMap(({ csv, schema, arrow, parquet }) => {
    return [csv, schema, arrow, arrow?.sums, parquet];
  });
  const whole = Object.values(shown).filter((each) => each.at === "file");
  return [...files, outputs, ...whole].filter((file) => file !== undefined);
}

/** The entry of a frame in a commit, if it has one. */
export function frameOf(commit: Commit | undefined, name: string): PublishedFrame | undefined {
  // A frame may be called what every object inherits, such as toString.
  return commit && Object.hasOwn(commit.frames, name) ? commit.frames[name] : undefined;
}

/** Which version is meant: by its number, and by the commit where that is known. */
export interface VersionQuery {
  readonly generation: number;
  /** undefined: any commit with the number */
  readonly commitId?: string | undefined;
}

/**
 * Finds a version that is kept.
 *
 * @throws {HexError} HEX_USAGE
 */
export function findCommit(
  location: string,
  manifest: Manifest | undefined,
  { generation, commitId }: VersionQuery,
): Commit {
  const commits = manifest?.commits ?? [];
  const found = commits.find((commit) => commit.generation === generation);
  if (found !== undefined) {
    // A store that was put back from a backup gives its numbers anew.
    if (commitId === undefined || commitId === found.commitId) return found;
    throw expectation("HEX_USAGE", {
      place: `version ${generation} of commit ${commitId}`,
      expected: `kept in ${location}`,
      got: `another version ${generation}, which was published ${found.publishedAt}`,
      hint: "the store was put back to an earlier state: open the newest version",
    });
  }
  const [newest, oldest] = [commits[0]?.generation, commits.at(-1)?.generation];
  throw expectation("HEX_USAGE", {
    place: `version ${generation}`,
    expected:
      newest === undefined
        ? `published in ${location}`
        : `one of the versions ${oldest} to ${newest} that are kept in ${location}`,
    got: newest === undefined ? "no version at all" : "none of them",
  });
}
