import { createContext } from "preact";

/** A page that is a file, which nobody answers: its inputs stand still, its rows are all there. */
export interface Fixed {
  /** one sentence on each table that is not there as a whole, by the cell's name */
  readonly notes: ReadonlyMap<string, string>;
}

/** Null for a page that is served. */
export const FixedPage = createContext<Fixed | null>(null);
