import { expectation } from "../errors.ts";

/** The endings that make a file in the cells folder a cell. */
const CELL_ENDINGS = [".ts", ".mts", ".js", ".mjs", ".md", ".sql", ".py"] as const;

type CellEnding = (typeof CELL_ENDINGS)[number];

/** A cell's file name taken apart: `02-planets.ts` is order 2, name `planets`, ending `.ts`. */
export interface CellFileName {
  readonly order: number;
  readonly name: string;
  readonly ending: CellEnding;
}

const PARTS = /^(?:(?<order>\d{1,9})[-_. ])?(?<name>.*)$/;
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/**
 * Takes a file name apart. Undefined for files that are no cells: other endings, declaration
 * files, and names that begin with a dot or an underscore.
 * @throws {HexError} HEX_CELL_INVALID when a cell's name breaks the naming rule
 */
export function parseCellFileName(fileName: string, place: string): CellFileName | undefined {
  const ending = CELL_ENDINGS.find((each) => fileName.endsWith(each));
  if (ending === undefined || /^[._]|\.d\.m?ts$/.test(fileName)) return undefined;
  const parts = PARTS.exec(fileName.slice(0, -ending.length))?.groups;
  const name = parts?.["name"] ?? "";
  if (!NAME.test(name)) {
    throw expectation("HEX_CELL_INVALID", {
      place: `the cell name in ${place}`,
      expected: "a letter followed by letters, digits and underscores, at most 64 in all",
      got: JSON.stringify(name),
      hint: "rename the file; files that are no cells begin with an underscore",
    });
  }
  const order = parts?.["order"];
  return { order: order === undefined ? Number.POSITIVE_INFINITY : Number(order), name, ending };
}

/** Orders cells as their file names do: numbered ones first, by number, then by name. */
export function compareCellFiles(left: CellFileName, right: CellFileName): number {
  if (left.order !== right.order) return left.order < right.order ? -1 : 1;
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}
