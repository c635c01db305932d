import { LRUCache } from "lru-cache";
import type { KernelProcess } from "./kernel-process.ts";
import type { KernelAnswer, KernelRequest } from "./request.ts";

/** So much of all answers is kept, and so much of one; characters. */
const KEPT_LENGTH = 2 ** 24;
const LONGEST_KEPT = 2 ** 18;

interface KeptAnswer {
  readonly kernel: KernelProcess;
  readonly answer: KernelAnswer;
}

/**
 * Rows of evaluations as they were answered: an evaluation never changes, so the same rows of it need
 * not be asked of its process again. They end with the process that answered, as its evaluations do.
 */
export class KeptRows {
  readonly #answers = new LRUCache<string, KeptAnswer>({
    maxSize: KEPT_LENGTH,
    sizeCalculation: ({ answer }, key) => key.length + answer.text.length,
  });

  /** @param route the process to which the request goes; `any`: all of them would answer the same */
  find(request: KernelRequest, route: KernelProcess | "any" | "free"): KernelAnswer | undefined {
    const kept = request.kind === "rows" ? this.#answers.get(toKey(request)) : undefined;
    if (kept === undefined) return undefined;
    const isThere = route === "any" ? kept.kernel.isReady : kept.kernel === route;
    return isThere ? kept.answer : undefined;
  }

  keep(request: KernelRequest, answer: KernelAnswer, kernel: KernelProcess): void {
    if (request.kind !== "rows" || answer.text.length > LONGEST_KEPT) return;
    this.#answers.set(toKey(request), { kernel, answer });
  }
}

function toKey({ query }: Extract<KernelRequest, { kind: "rows" }>): string {
  const { evaluation, cell, offset, limit, sort, filters } = query;
  return JSON.stringify([evaluation, cell, offset, limit, sort?.column, sort?.descending, filters]);
}
