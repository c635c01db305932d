import type { NotebookEvent, NotebookState } from "../../kernel/notebook-state.ts";
import type { ServerEvent } from "../event-stream.ts";

/**
 * What one listener has yet to hear of a notebook. A listener that is slow misses what has changed
 * again meanwhile; a new one hears of everything.
 */
export class NotebookEvents {
  readonly #told = new Map<string, unknown>();
  #line = 0;
  #count = 0;

  /** The next thing to tell, or undefined as long as nothing is new. */
  next(state: NotebookState): ServerEvent | undefined {
    const event = this.#find(state);
    if (event === undefined) return undefined;
    this.#count += 1;
    return { name: event.type, data: event, id: `${this.#count}` };
  }

  #find({ head, cells, standings, shown, lines }: NotebookState): NotebookEvent | undefined {
    if (this.#isNew("head", head)) return { type: "head-changed", head };
    for (const cell of cells) {
      if (this.#isNew(`cell ${cell.name}`, cell)) return { type: "cell-described", cell };
    }
    for (const standing of standings) {
      if (this.#isNew(`standing ${standing.name}`, standing)) {
        return { type: "cell-moved", standing };
      }
    }
    for (const each of shown) {
      if (this.#isNew(`shown ${each.name}`, each)) return { type: "cell-shown", shown: each };
    }
    const line = lines.find(({ number }) => number > this.#line);
    if (line === undefined) return undefined;
    this.#line = line.number;
    return { type: "line-logged", line };
  }

  /** Everything is replaced when it changes, so that identity tells. */
  #isNew(key: string, value: unknown): boolean {
    if (this.#told.get(key) === value) return false;
    this.#told.set(key, value);
    return true;
  }
}
