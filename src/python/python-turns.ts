import { availableParallelism } from "node:os";

/** Cells often wait for others' machines: some may go even where cores are few. */
const LEAST_AT_ONCE = 4;

/** How many cells' Pythons go at once: each has its packages in memory, and wants a core. */
const AT_ONCE = Math.max(LEAST_AT_ONCE, availableParallelism());

const waiting = new Set<() => void>();
let going = 0;

/**
 * Carries out work when fewer than `AT_ONCE` others go; the others come in the order in which they asked.
 * @throws the signal's reason, also while it waits
 */
export async function inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  await takeTurn(signal);
  try {
    return await work();
  } finally {
    going--;
    const [next] = waiting;
    next?.();
  }
}

async function takeTurn(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (going < AT_ONCE) {
    going++;
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const leave = () => {
      waiting.delete(begin);
      signal.removeEventListener("abort", stop);
    };
    const stop = () => {
      leave();
      reject(signal.reason);
    };
    const begin = () => {
      leave();
      going++;
      resolve();
    };
    waiting.add(begin);
    signal.addEventListener("abort", stop);
  });
}
