/** The median of some times, what all but a twentieth of them stay below, and both ends. */
export function summarise(times) {
  const sorted = times.toSorted((left, right) => left - right);
  return {
    medianMs: sorted[Math.floor(sorted.length / 2)],
    p95Ms: sorted[Math.ceil(sorted.length * 0.95) - 1],
    minMs: sorted[0],
    maxMs: sorted.at(-1),
  };
}
