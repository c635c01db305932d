import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { LOCK_PREFIX } from "../../../src/store/directory/directory-lock.ts";

/** What a program of the tests does around the one rename that changes a file under its lock. */
export interface AroundChange {
  readonly before?: () => void;
  /** @param content where the owner's content lies, or lay */
  readonly after?: (content: string) => void;
}

/** Has something done around each change of this file, in this whole process. */
export function aroundChanges(name: string, { before, after }: AroundChange): void {
  const { rename } = fs.promises;
  fs.promises.rename = async (from, to) => {
    const paths = [`${from}`, `${to}`];
    const content = paths.find((path) => path.includes(`/${LOCK_PREFIX}${name}/`));
    const isChange = content !== undefined && paths.some((path) => path.endsWith(`/${name}`));
    if (isChange) before?.();
    await rename(from, to);
    if (isChange) after?.(content);
  };
  syncBuiltinESMExports();
}

/** Sends this process a signal, and comes back only if it goes on after it. */
export function signalSelf(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal);
}
