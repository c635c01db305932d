/** From the cells of a sheet to a frame. */
import { expectation, HexError, toMessage } from "../../errors.ts";
import { formatCount } from "../../text.ts";
import type { FrameColumn } from "../column/column-data.ts";
import { isCounter, toColumnNames } from "../column-names.ts";
import type { CsvReport } from "../csv/read/csv-report.ts";
import { type Frame, toFrameOf } from "../frame.ts";
import { type Column, isSchema, type Schema, toSchema } from "../schema.ts";
import { type CellRules, headerText, toColumn } from "./excel-column.ts";
import type { ReadExcelOptions } from "./excel-options.ts";
import { type CellRange, parseRange } from "./excel-range.ts";
import { type Cell, placeName, readCells, type SheetCells } from "./excel-sheet.ts";
import { openWorkbook, type Workbook, type WorkbookSheet } from "./excel-workbook.ts";

interface ReadFile {
  readonly frame: Frame;
  readonly report: CsvReport;
}

/**
 * Reads a sheet of a workbook.
 * @throws {HexError} HEX_DATA_INVALID naming the sheet and cell that cannot be read
 */
export function readExcelFile(
  bytes: Uint8Array,
  file: string,
  options: ReadExcelOptions = {},
): ReadFile {
  try {
    const workbook = openWorkbook(bytes, file);
    const sheet = chooseSheet(workbook, file, options.sheet);
    const cells = readCells(sheet.xml, workbook);
    return new SheetReading(workbook, { file, sheet, cells, options }).read();
  } catch (error) {
    if (error instanceof HexError) throw error;
    const got = `one that is damaged: ${toMessage(error)}`;
    const expected = "a whole Excel workbook";
    throw expectation("HEX_DATA_INVALID", { place: file, expected, got }, { cause: error });
  }
}

/** The sheet that was asked for, or the first that is shown. */
function chooseSheet(
  { sheets }: Workbook,
  file: string,
  asked: ReadExcelOptions["sheet"],
): WorkbookSheet {
  const found =
    typeof asked === "number"
      ? sheets[asked - 1]
      : sheets.find(({ name, isHidden }) => (asked === undefined ? !isHidden : name === asked));
  if (found !== undefined) return found;
  const wanted = typeof asked === "number" ? `${asked}` : JSON.stringify(asked);
  throw expectation("HEX_DATA_INVALID", {
    place: file,
    expected:
      asked === undefined
        ? "a workbook with a sheet that is shown"
        : `a workbook with the sheet ${wanted}`,
    got: sheets.length === 0 ? "none" : `one of ${sheets.map(({ name }) => name).join(", ")}`,
  });
}

interface OpenSheet {
  readonly file: string;
  readonly sheet: WorkbookSheet;
  readonly cells: SheetCells;
  readonly options: ReadExcelOptions;
}

const MOST_CELLS = 50_000_000;

class SheetReading {
  readonly #workbook: Workbook;
  readonly #open: OpenSheet;
  readonly #schema: Schema | undefined;
  readonly #rules: CellRules;
  readonly #seen = { empty: [] as Cell[], errors: [] as Cell[], rounded: [] as Cell[] };

  constructor(workbook: Workbook, open: OpenSheet) {
    const { schema, errors } = open.options;
    this.#workbook = workbook;
    this.#open = open;
    this.#schema = schema === undefined || isSchema(schema) ? schema : toSchema(schema);
    this.#rules = {
      place: `sheet ${JSON.stringify(open.sheet.name)} of ${open.file}`,
      is1904: workbook.is1904,
      areErrorsMissing: errors === "missing",
      note: (kind, cell) => this.#seen[kind].push(cell),
    };
  }

  read(): ReadFile {
    const { cells, options, file } = this.#open;
    const asked = options.range === undefined ? undefined : parseRange(options.range);
    const inside = cells.cells.filter((cell) => asked === undefined || isInside(cell, asked));
    const range = boundsOf(inside, asked);
    if (range === undefined) return this.#readNothing();
    this.#checkSize(range);
    const hasHeader = options.header !== false;
    const firstRow = range.firstRow + (hasHeader ? 1 : 0);
    const rows = Math.max(0, range.lastRow - firstRow + 1);
    const grid = toGrid(inside, { ...range, firstRow }, rows);
    const header = inside.filter(({ row }) => hasHeader && row === range.firstRow);
    const { names, notes, isNameless } = this.#readNames(range, header);
    const all = names.map((name, index) => {
      return { name, written: grid[index] ?? [], isIndex: isNameless && index === 0 };
    });
    const { columns, dropped } = this.#toColumns(all);
    const told = [
      ...this.#sheetNotes(),
      ...this.#rangeNotes(range, rows, grid),
      ...[...notes].flatMap(([index, note]) => (index === 0 && dropped.length > 0 ? [] : [note])),
      ...dropped,
      ...this.#cellNotes(),
    ];
    return this.#toRead(columns, { file, rows, notes: told });
  }

  #toRead(
    columns: readonly FrameColumn[],
    { file, rows, notes }: { file: string; rows: number; notes: string[] },
  ): ReadFile {
    const reports = columns.map(({ name, type }) => ({ name, type }));
    return { frame: toFrameOf(columns), report: { name: file, rows, columns: reports, notes } };
  }

  /** A cell far from the others, such as one that somebody has typed into by mistake, would take all memory. */
  #checkSize({ firstRow, lastRow, firstColumn, lastColumn }: CellRange): void {
    const cells = (lastRow - firstRow + 1) * (lastColumn - firstColumn + 1);
    if (cells <= MOST_CELLS) return;
    const [first, last] = [
      { row: firstRow, column: firstColumn },
      { row: lastRow, column: lastColumn },
    ];
    throw expectation("HEX_DATA_INVALID", {
      place: `the cells of ${this.#rules.place}`,
      expected: `at most ${formatCount(MOST_CELLS, "cell", "cells")}, empty ones included`,
      got: `${placeName(first)}:${placeName(last)}`,
      hint: "name the cells with range, such as A1:F5000",
    });
  }

  /** A sheet without cells: a frame of no rows, where a schema says of which columns. */
  #readNothing(): ReadFile {
    const { place } = this.#rules;
    if (this.#schema === undefined) {
      const hint = "give a schema for a sheet that may be empty";
      throw expectation("HEX_DATA_INVALID", {
        place,
        expected: "with a header at least",
        got: "no cells",
        hint,
      });
    }
    const columns = this.#schema.map(({ name, type }) =>
      toColumn({ name, asked: type }, [], this.#rules),
    );
    return this.#toRead(columns, { file: this.#open.file, rows: 0, notes: this.#sheetNotes() });
  }

  #readNames(range: CellRange, header: readonly Cell[]) {
    const byColumn = new Map(header.map((cell) => [cell.column, cell]));
    const width = range.lastColumn - range.firstColumn + 1;
    const texts = Array.from({ length: width }, (_, index) => {
      return headerText(byColumn.get(range.firstColumn + index), this.#rules);
    });
    const { names, notes } = toColumnNames(texts);
    const hasHeader = this.#open.options.header !== false;
    return {
      names,
      notes: hasHeader ? notes : new Map<number, string>(),
      isNameless: hasHeader && texts[0] === "",
    };
  }

  /** The columns in the order of the schema, or of the sheet. */
  #toColumns(
    all: readonly { name: string; written: readonly (Cell | undefined)[]; isIndex: boolean }[],
  ) {
    const types = new Map(this.#schema?.map(({ name, type }) => [name, type]));
    const dropped: string[] = [];
    const read = all.flatMap(({ name, written, isIndex }) => {
      if (isIndex && !types.has(name)) {
        const counted = toColumn({ name, asked: undefined }, written, this.#rules);
        if (all.length > 1 && isCounter(counted)) {
          dropped.push(
            "column 1: without a name and counting from 0, dropped as the index of pandas",
          );
          return [];
        }
      }
      return [{ name, written }];
    });
    if (this.#schema !== undefined)
      this.#checkNames(
        read.map(({ name }) => name),
        this.#schema,
      );
    const order: readonly Pick<Column, "name">[] = this.#schema ?? read;
    const byName = new Map(read.map((column) => [column.name, column.written]));
    const columns = order.map(({ name }) => {
      return toColumn({ name, asked: types.get(name) }, byName.get(name) ?? [], this.#rules);
    });
    return { columns, dropped };
  }

  #checkNames(names: readonly string[], schema: Schema): void {
    const wanted = schema.map(({ name }) => name);
    const isSame = names.length === wanted.length && wanted.every((name) => names.includes(name));
    if (isSame) return;
    throw expectation("HEX_DATA_INVALID", {
      place: `the columns of ${this.#rules.place}`,
      expected: `those of the schema: ${wanted.join(", ")}`,
      got: names.join(", "),
    });
  }

  #sheetNotes(): string[] {
    const { sheet, options } = this.#open;
    const others = this.#workbook.sheets.filter((each) => each !== sheet);
    const notes = [];
    if (options.sheet === undefined && others.length > 0) {
      const names = others.map(({ name }) => name).join(", ");
      notes.push(`sheet ${JSON.stringify(sheet.name)}: read as the first; others are ${names}`);
    }
    if (this.#workbook.is1904) notes.push("the file: its days are counted from 1904");
    return notes;
  }

  #rangeNotes(
    range: CellRange,
    rows: number,
    grid: readonly (readonly (Cell | undefined)[])[],
  ): string[] {
    const { hiddenRows, merged } = this.#open.cells;
    const notes = [];
    if (this.#open.options.range === undefined && range.firstRow > 0) {
      notes.push(`row ${range.firstRow + 1}: the first that is not empty`);
    }
    const hidden = [...hiddenRows].filter(
      (row) => row >= range.firstRow && row <= range.lastRow,
    ).length;
    if (hidden > 0)
      notes.push(
        formatCount(hidden, "row that is not shown: read", "rows that are not shown: read"),
      );
    const own = merged.filter((ref) => isMergedInside(ref, range));
    if (own.length > 0)
      notes.push(
        `merged cells ${own.slice(0, 5).join(", ")}: their value is in the first, the others are missing`,
      );
    let blank = 0;
    for (let row = 0; row < rows; row++)
      if (grid.every((column) => column[row] === undefined)) blank++;
    if (blank > 0)
      notes.push(formatCount(blank, "row without a value: read", "rows without a value: read"));
    return notes;
  }

  #cellNotes(): string[] {
    const { empty, errors, rounded } = this.#seen;
    const told = (cells: readonly Cell[], one: string, many: string) => {
      const [first] = cells;
      return first === undefined
        ? []
        : [`${formatCount(cells.length, one, many)}, first ${placeName(first)}`];
    };
    return [
      ...told(empty, "empty text taken for missing", "empty texts taken for missing"),
      ...told(errors, "error taken for missing", "errors taken for missing"),
      ...told(
        rounded,
        "number rounded to the nearest 64-bit float",
        "numbers rounded to the nearest 64-bit floats",
      ),
    ];
  }
}

function isInside({ row, column }: { row: number; column: number }, range: CellRange): boolean {
  const { firstRow, lastRow, firstColumn, lastColumn } = range;
  return row >= firstRow && row <= lastRow && column >= firstColumn && column <= lastColumn;
}

/** Whether merged cells of more than one lie in a range. */
function isMergedInside(ref: string, range: CellRange): boolean {
  const { firstRow, firstColumn } = parseRange(ref);
  return isInside({ row: firstRow, column: firstColumn }, range);
}

/** The cells that are used, within a range that was asked for: its own columns, and rows where it ends. */
function boundsOf(cells: readonly Cell[], asked: CellRange | undefined): CellRange | undefined {
  if (cells.length === 0) return undefined;
  let [firstRow, lastRow, firstColumn, lastColumn] = [Infinity, 0, Infinity, 0];
  for (const { row, column } of cells) {
    firstRow = Math.min(firstRow, row);
    lastRow = Math.max(lastRow, row);
    firstColumn = Math.min(firstColumn, column);
    lastColumn = Math.max(lastColumn, column);
  }
  if (asked === undefined) return { firstRow, lastRow, firstColumn, lastColumn };
  return {
    firstRow: asked.isWholeColumns ? firstRow : asked.firstRow,
    lastRow: asked.isWholeColumns ? lastRow : asked.lastRow,
    firstColumn: asked.firstColumn,
    lastColumn: asked.lastColumn,
  };
}

/** The cells by column and row. */
function toGrid(cells: readonly Cell[], range: CellRange, rows: number): (Cell | undefined)[][] {
  const width = range.lastColumn - range.firstColumn + 1;
  const grid = Array.from({ length: width }, () =>
    new Array<Cell | undefined>(rows).fill(undefined),
  );
  for (const cell of cells) {
    const column = grid[cell.column - range.firstColumn];
    if (column !== undefined && cell.row >= range.firstRow)
      column[cell.row - range.firstRow] = cell;
  }
  return grid;
}
