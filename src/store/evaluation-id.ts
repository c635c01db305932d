import type { Commit } from "./manifest/manifest.ts";

/** Names the evaluation whose outputs a version holds; no other version ever has the name. */
export function toEvaluationId({
  generation,
  commitId,
}: Pick<Commit, "generation" | "commitId">): string {
  return `${generation}.${commitId}`;
}

/** The version whose evaluation has this id; undefined for any other evaluation. */
export function parseEvaluationId(id: string): Pick<Commit, "generation" | "commitId"> | undefined {
  const [, digits, commitId] = /^([1-9]\d{0,14})\.([\w-]{1,200})$/.exec(id) ?? [];
  return commitId === undefined ? undefined : { generation: Number(digits), commitId };
}
