import { expectation, HexError } from "../errors.ts";
import { MANIFEST_KEY } from "./key.ts";
import { newestCommit, newestGeneration } from "./manifest/history.ts";
import type { Manifest } from "./manifest/manifest.ts";

/** Facts that decide whether a run may still publish. */
export interface Publisher {
  readonly runId: string;
  readonly attempt: number;
  readonly fence?: number | undefined;
  readonly base?: { readonly number: number | null } | undefined;
}

const HOUR_MS = 3_600_000;
/** Unused objects are never collected earlier; longer than any run may take. */
export const SHORTEST_GRACE_MS = 24 * HOUR_MS;
/** The slower run must not point at the files it has staged. */
const STAGED_LIMIT_MS = SHORTEST_GRACE_MS - HOUR_MS;

/**
 * Refuses a run that somebody else has overtaken, or a store that has gone back.
 *
 * @throws {HexError} HEX_RUN_SUPERSEDED, HEX_STORE_DAMAGED
 */
export function assertMayPublish(
  location: string,
  { runId, attempt, fence, base }: Publisher,
  current: Manifest | undefined,
): void {
  const generation = newestGeneration(current);
  if (generation < (base?.number ?? 0)) {
    // It would give the same version number twice.
    throw expectation("HEX_STORE_DAMAGED", {
      place: `the newest version in ${location}`,
      expected: `${base?.number} or later`,
      got: current === undefined ? "no manifest" : `version ${generation}`,
      hint: `${MANIFEST_KEY} was removed or put back by something else`,
    });
  }
  if (current === undefined) return;
  if (fence !== undefined && fence < current.fence) {
    throw superseded(runId, {
      expected: `under a fence of at least ${current.fence}`,
      got: `${fence}: another run took over the lease, ${toNews(current)}`,
    });
  }
  if (current.passed?.includes(runId)) {
    throw superseded(runId, {
      expected: "heard of while it went",
      got: "silence for so long that others went past it",
    });
  }
  // Whichever attempt it was: one that was thought dead may have published after all.
  const own = current.commits.find((one) => one.runId === runId);
  if (own === undefined) return;
  throw superseded(runId, {
    expected: `published once, by attempt ${attempt} as by any other`,
    got: `version ${own.generation}, which attempt ${own.attempt} has published`,
  });
}

/**
 * Refuses to point at objects that may be collected as garbage.
 *
 * @throws {HexError} HEX_RUN_SUPERSEDED
 */
export function assertStillStaged({ runId }: Publisher, elapsedMs: number): void {
  if (elapsedMs <= STAGED_LIMIT_MS) return;
  throw superseded(runId, {
    expected: "published within 23 hours of its first file",
    got: `${Math.round(elapsedMs / HOUR_MS)} hours`,
  });
}

/** Whether a run was refused for good, with certainty. */
export function isRunSuperseded(error: unknown): boolean {
  return error instanceof HexError && error.code === "HEX_RUN_SUPERSEDED";
}

/** Tells how long ago it was called, also when this machine was asleep or its clock was set back. */
export function startStopwatch(): () => number {
  const wall = Date.now();
  const monotonic = performance.now();
  return () => Math.max(Date.now() - wall, performance.now() - monotonic);
}

function toNews(current: Manifest): string {
  const newest = newestCommit(current);
  if (newest === undefined) return "which has not published yet";
  const { generation, publishedBy } = newest;
  const by = publishedBy === undefined ? "" : `, by ${publishedBy}`;
  return `and the newest version is ${generation}${by}`;
}

function superseded(runId: string, told: { readonly expected: string; readonly got: string }) {
  return expectation("HEX_RUN_SUPERSEDED", {
    place: `run ${runId}`,
    ...told,
    hint: "nothing of it was published: use the newest version, or run again",
  });
}
