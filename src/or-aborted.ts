/** Waits for a promise, but no longer than until the signal, whose reason it throws then. */
export async function orAborted<Result>(
  waited: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([waited, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
