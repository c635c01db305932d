import type { CellDefinition } from "./cell.ts";
import type { CheckedCellOptions } from "./cell-options.ts";

/** A cell as the graph and the plan see it: what is known of it without running it. */
export interface CellNode extends Omit<CheckedCellOptions, "title"> {
  readonly name: string;
  /** file path below the project's folder, with `/` */
  readonly file: string;
  readonly kind: CellDefinition["kind"];
  /** names of the cells whose values it gets, in the order written */
  readonly dependencies: readonly string[];
  /** name of the frame that a cached cell publishes */
  readonly frame?: string;
}
