import type { CellDefinition } from "../cell/cell.ts";
import type { LoadedCells } from "../source/load-cells.ts";

/** Knows whether functions of cells still go that a run no longer waits for. */
export class CellTracker {
  readonly #going = new Set<Promise<unknown>>();

  /** The same cells, whose functions are noted while they go. */
  track(cells: LoadedCells): LoadedCells {
    return { ...cells, load: async (name) => this.#watch(await cells.load(name)) };
  }

  /** Waits until no function of a cell goes. */
  async settled(): Promise<void> {
    while (this.#going.size > 0) await Promise.allSettled(this.#going);
  }

  #watch(definition: CellDefinition): CellDefinition {
    if (!("compute" in definition)) return definition;
    const { compute } = definition;
    const watched: typeof compute = (values, context) => {
      const result: unknown = compute(values, context);
      this.#note(result);
      return result;
    };
    // What marks a function, such as its being split into parts, stays on it.
    return { ...definition, compute: Object.assign(watched, compute) };
  }

  #note(result: unknown): void {
    if (!(result instanceof Promise)) return;
    const going = result.catch(() => undefined).finally(() => this.#going.delete(going));
    this.#going.add(going);
  }
}
