import { options } from "preact";

/**
 * Spares two drawings of all cells whenever rows come. The grid asks then whether all rows are
 * chosen, and says that it is busy until it knows; mostly it knows in the same moment. Whoever draws
 * a moment later, still before the paint, finds that nothing has changed.
 */
export function mendGridDraws(): void {
  options.debounceRendering ??= (draw) => queueMicrotask(() => queueMicrotask(draw));
}
