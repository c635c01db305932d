import { type ComponentType, createContext } from "preact";
import type { FrameOutput } from "../../../run/cell-output.ts";
import type { RowsSource } from "./rows-source.ts";

/** What stands for the parts of a page whose code the server does not have. */
export interface StillParts {
  readonly Table: ComponentType<StillTableProps>;
  readonly Markdown: ComponentType<{ readonly text: string }>;
}

export interface StillTableProps {
  readonly cell: { readonly name: string; readonly title: string | null };
  readonly output: FrameOutput;
  readonly rows: RowsSource;
}

/**
 * Null in a browser. On the server, which draws a page as it opens, nobody knows yet what only the
 * viewer's browser does: its time zone, its colours, its sizes.
 */
export const StillPage = createContext<StillParts | null>(null);
