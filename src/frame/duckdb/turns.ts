import { orAborted } from "../../or-aborted.ts";

let last: Promise<unknown> = Promise.resolve();

/**
 * Carries out work when the work before it is over, so that two do not take a process's memory at the
 * same time. A signal ends the waiting; what has begun ends by itself.
 */
export async function inTurn<Result>(
  work: () => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  const before = last;
  let finish = () => {};
  last = new Promise<void>((resolve) => {
    finish = resolve;
  });
  try {
    await (signal === undefined ? before : orAborted(before, signal));
  } catch (error) {
    // Whoever comes next waits for those before.
    void before.then(finish);
    throw error;
  }
  try {
    return await work();
  } finally {
    finish();
  }
}
