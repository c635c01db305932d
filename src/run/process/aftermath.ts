import { setImmediate as turnOfTheLoop, setTimeout as wait } from "node:timers/promises";

/** How long we wait for what the system owes us about a dead process, should a stranger keep it back. */
const LIMIT_MS = 500;

/**
 * Whether what is owed about a dead process has come in time. When it is this process that stood
 * still for so long, whatever has come meanwhile is read first.
 */
export async function hasCome(owed: Promise<unknown>): Promise<boolean> {
  const isOver = new AbortController();
  try {
    return await Promise.race([owed.then(() => true), waitInVain(isOver.signal)]);
  } finally {
    isOver.abort();
  }
}

async function waitInVain(signal: AbortSignal): Promise<boolean> {
  await wait(LIMIT_MS, undefined, { signal }).catch(() => undefined);
  // Timers come before what was read; each turn reads what is there.
  await turnOfTheLoop();
  await turnOfTheLoop();
  return false;
}
