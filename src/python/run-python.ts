import type { CellContext } from "../cell/cell.ts";
import { HexError } from "../errors.ts";

/** What of a Python cell is to be carried out, and with what. */
export interface PythonTask {
  /** the cell's file below the project's folder, as messages name it */
  readonly file: string;
  /** absolute; the working directory */
  readonly projectDirectory: string;
  /** absolute; first on sys.path, then the project's folder */
  readonly cellsDirectory: string;
  /** `python` of the config */
  readonly interpreter: string | undefined;
  readonly form: "cached" | "items" | "part" | "script";
  /** name of the cell */
  readonly name: string;
  /** for "part" */
  readonly item?: unknown;
  /** cells' values by the names that the code uses: Frame or JSON value */
  readonly values: Readonly<Record<string, unknown>>;
  readonly context: string;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Carries out a Python cell in a process of its own. */
export async function runPython(task: PythonTask, _context: CellContext): Promise<unknown> {
  throw new HexError("HEX_CELL_FAILED", `Expected ${task.file} to be run, got no Python`);
}
