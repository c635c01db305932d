import { closeSync, openSync } from "node:fs";

let spare: number | undefined;

/**
 * Does what needs one descriptor for a moment, also when this process has used up all that it may
 * have: one is kept back for this.
 * @throws what was thrown, where even that one is not to be had
 */
export function withSpareDescriptor<Result>(look: () => Result): Result {
  spare ??= keepSpare();
  try {
    return look();
  } catch (thrown) {
    if (!isOutOfDescriptors(thrown) || spare === undefined) throw thrown;
  }
  closeSync(spare);
  try {
    return look();
  } finally {
    spare = keepSpare();
  }
}

/** Whether something failed since this process, or the machine, has as many files open as it may. */
function isOutOfDescriptors(thrown: unknown): boolean {
  const { code } = (thrown ?? {}) as NodeJS.ErrnoException;
  return code === "EMFILE" || code === "ENFILE";
}

function keepSpare(): number | undefined {
  try {
    return openSync("/dev/null", "r");
  } catch {
    // Taken meanwhile, or a system without it: whoever looks is told, and tries again later.
    return undefined;
  }
}
