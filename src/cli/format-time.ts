/** How long something took, for people. */
export function formatMs(elapsedMs: number): string {
  return elapsedMs < 10_000
    ? `${elapsedMs.toLocaleString("en")} ms`
    : `${(elapsedMs / 1_000).toFixed(1)} s`;
}

/** An instant in UTC, for people: `2026-01-31 12:00:00`. */
export function formatInstant(instant: string): string {
  return instant.slice(0, 19).replace("T", " ");
}
