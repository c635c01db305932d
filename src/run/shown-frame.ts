import type { Frame } from "../frame/frame.ts";

/** The whole frame that a cell shows, as a table or in a chart. */
export interface ShownFrame {
  readonly frame: Frame;
  /** the name under which a cached cell publishes it, or has read it */
  readonly publishedAs: string | undefined;
}

/** Takes the frame that a cell of a run shows. */
export type ShowFrame = (cell: string, shown: ShownFrame) => void;
