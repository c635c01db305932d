/** Ranges of cells as spreadsheets write them. */
import { expectation } from "../../errors.ts";
import { parseColumn, parsePlace } from "./excel-sheet.ts";

/** A range of cells, its last row and column included; counted from 0. */
export interface CellRange {
  readonly firstRow: number;
  readonly lastRow: number;
  readonly firstColumn: number;
  readonly lastColumn: number;
  /** whether it was given by its columns alone */
  readonly isWholeColumns?: boolean;
}

const MOST_ROWS = 1_048_576;

/**
 * Reads a range such as B2:D10, of whole columns such as B:D, or of one cell.
 * @throws {HexError} HEX_DATA_INVALID for another text
 */
export function parseRange(text: string): CellRange {
  const [, first, last] = /^\$?([A-Z]{1,3}):\$?([A-Z]{1,3})$/i.exec(text) ?? [];
  if (first !== undefined && last !== undefined) {
    const [firstColumn, lastColumn] = [parseColumn(first), parseColumn(last)];
    return { firstRow: 0, lastRow: MOST_ROWS, firstColumn, lastColumn, isWholeColumns: true };
  }
  const [from = "", to = from, ...others] = text.split(":");
  const [start, end] = [parsePlace(from), parsePlace(to)];
  if (start === undefined || end === undefined || others.length > 0) throw rangeError(text);
  if (end.row < start.row || end.column < start.column) throw rangeError(text);
  return {
    firstRow: start.row,
    lastRow: end.row,
    firstColumn: start.column,
    lastColumn: end.column,
  };
}

function rangeError(text: string) {
  return expectation("HEX_DATA_INVALID", {
    place: "the option `range` of readExcel",
    expected: "cells such as B2:D10, or columns such as B:D",
    got: JSON.stringify(text),
  });
}
