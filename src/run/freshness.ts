/** How current a frame is that a run read: what people need to trust what they see. */
export interface Freshness {
  /** the version that holds it; null for a CSV that another tool left */
  readonly version: number | null;
  /**
   * ISO 8601, UTC; of a CSV that another tool left, when it was written; null when nobody noted it
   */
  readonly computedAt: string | null;
  /** milliseconds since then */
  readonly ageMs: number | null;
  /** older than its `maxAge` */
  readonly stale: boolean;
  /** whether the code that made it is the code that the project has now; null when nobody noted it */
  readonly sameCode: boolean | null;
}

/** Where and when a frame that was read came from. */
export interface FrameOrigin {
  readonly version: number | null;
  readonly computedAt: string | null;
  readonly codeHash: string | null;
  /** names the content of a CSV that another tool left */
  readonly tag?: string | undefined;
}

/** What is asked of the frame now. */
export interface FreshnessRule {
  /** undefined: it never gets stale */
  readonly maxAgeMs: number | undefined;
  readonly codeHash: string;
  readonly nowMs: number;
}

export function toFreshness(origin: FrameOrigin, rule: FreshnessRule): Freshness {
  const { version, computedAt, codeHash } = origin;
  const ageMs = computedAt === null ? null : Math.max(0, rule.nowMs - Date.parse(computedAt));
  return {
    version,
    computedAt,
    ageMs,
    stale: ageMs !== null && rule.maxAgeMs !== undefined && ageMs > rule.maxAgeMs,
    sameCode: codeHash === null ? null : codeHash === rule.codeHash,
  };
}

/** Of everything a run shows, the oldest, and the worst of the rest; undefined when it read nothing. */
export function oldestOf(all: readonly Freshness[]): Freshness | undefined {
  const [oldest] = all.toSorted((left, right) => (right.ageMs ?? 0) - (left.ageMs ?? 0));
  if (oldest === undefined) return undefined;
  return {
    ...oldest,
    stale: all.some(({ stale }) => stale),
    sameCode: all.every(({ sameCode }) => sameCode !== false) && oldest.sameCode,
  };
}
