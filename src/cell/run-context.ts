import { expectation } from "../errors.ts";

/** Why a run happens. A cell may branch on it; a plan decides by it what is computed and what is read. */
export const RUN_CONTEXTS = [
  /** the author develops: everything is computed, cached cells are published */
  "logic",
  /** a person looks at the published page */
  "app",
  /** the clock asked for it */
  "scheduled",
  /** a program asked for it */
  "api-triggered",
] as const;

/**
 * Why a run happens: "logic", "app", "scheduled" or "api-triggered".
 * @example
 * const isDevelopment = (context: RunContext) => context === "logic";
 * isDevelopment("app"); // → false
 */
export type RunContext = (typeof RUN_CONTEXTS)[number];

export function isRunContext(value: unknown): value is RunContext {
  return RUN_CONTEXTS.some((context) => context === value);
}

/** @throws {HexError} HEX_USAGE when the text names no run context */
export function parseRunContext(text: string, place: string): RunContext {
  if (isRunContext(text)) return text;
  throw expectation("HEX_USAGE", {
    place,
    expected: `one of ${RUN_CONTEXTS.join(", ")}`,
    got: JSON.stringify(text),
  });
}
