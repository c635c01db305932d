/** The cells of a sheet, as they are written there. */

import type { DateKind } from "./excel-formats.ts";
import { isTrue, plainText, TextReader, type Workbook } from "./excel-workbook.ts";
import { type AttributeOf, readXml } from "./excel-xml.ts";

/** A cell that is not empty. Rows and columns count from 0. */
export interface Cell {
  readonly row: number;
  readonly column: number;
  /** a number as it is written, a text, "1" or "0", or the name of an error */
  readonly text: string;
  readonly type: "number" | "text" | "boolean" | "error" | "day" | "formula";
  /** what its number is by its format */
  readonly kind: DateKind;
}

/** A sheet as it was read. */
export interface SheetCells {
  readonly cells: readonly Cell[];
  /** rows that are not shown */
  readonly hiddenRows: ReadonlySet<number>;
  /** ranges whose cells are shown as one, as their sheet names them */
  readonly merged: readonly string[];
}

const TYPES: Readonly<Record<string, Cell["type"]>> = {
  n: "number",
  b: "boolean",
  e: "error",
  d: "day",
  s: "text",
  str: "text",
  inlineStr: "text",
};

/** Reads all cells of a sheet. @throws {RangeError} when it is damaged */
export function readCells(xml: string, workbook: Workbook): SheetCells {
  const reader = new CellReader(workbook);
  readXml(xml, reader);
  return reader;
}

/** Takes the elements of a sheet. */
class CellReader implements SheetCells {
  readonly cells: Cell[] = [];
  readonly hiddenRows = new Set<number>();
  readonly merged: string[] = [];
  readonly #workbook: Workbook;
  readonly #inline = new TextReader();
  #row = -1;
  #column = -1;
  #style = 0;
  /** how the value of the cell is written */
  #written = "n";
  #value: string | undefined;
  #isValue = false;
  #hasFormula = false;

  constructor(workbook: Workbook) {
    this.#workbook = workbook;
  }

  open(name: string, attributeOf: AttributeOf): void {
    switch (name) {
      case "row":
        this.#openRow(attributeOf);
        return;
      case "c":
        this.#openCell(attributeOf);
        return;
      case "v":
        this.#isValue = true;
        this.#value = "";
        return;
      case "f":
        this.#hasFormula = true;
        return;
      case "mergeCell":
        this.merged.push(attributeOf("ref") ?? "");
        return;
      default:
        this.#inline.open(name);
    }
  }

  #openRow(attributeOf: AttributeOf): void {
    this.#row = Number(attributeOf("r") ?? this.#row + 2) - 1;
    this.#column = -1;
    if (isTrue(attributeOf("hidden"))) this.hiddenRows.add(this.#row);
  }

  #openCell(attributeOf: AttributeOf): void {
    this.#column = parsePlace(attributeOf("r") ?? "")?.column ?? this.#column + 1;
    this.#style = Number(attributeOf("s") ?? 0);
    this.#written = attributeOf("t") ?? "n";
    this.#value = undefined;
    this.#hasFormula = false;
  }

  text(text: string): void {
    if (this.#isValue) this.#value += text;
    else this.#inline.text(text);
  }

  close(name: string): void {
    if (name === "v") this.#isValue = false;
    else if (name === "c") this.#closeCell();
    else this.#inline.close(name);
  }

  #closeCell(): void {
    const text = this.#written === "inlineStr" ? this.#inline.take() : this.#value;
    const isText = this.#written === "inlineStr" || this.#written === "str";
    if (text !== undefined && (text !== "" || isText)) this.#add(text);
    else if (this.#hasFormula) this.#push("", "formula");
  }

  #add(text: string): void {
    const type = TYPES[this.#written];
    if (type === undefined) throw new RangeError(`a cell is of the type ${this.#written}`);
    if (this.#written === "str") this.#push(plainText(text), type);
    else if (this.#written !== "s") this.#push(text, type);
    else {
      const shared = this.#workbook.texts[Number(text)];
      if (shared === undefined) throw new RangeError(`text ${text} is not there`);
      this.#push(shared, type);
    }
  }

  #push(text: string, type: Cell["type"]): void {
    const { kinds } = this.#workbook;
    // Without its style a day would be a number like others.
    const isLost = type === "number" && this.#style !== 0 && this.#style >= kinds.length;
    if (isLost) throw new RangeError(`style ${this.#style} is not there`);
    const kind = kinds[this.#style];
    this.cells.push({ row: this.#row, column: this.#column, text, type, kind });
  }
}

/** A place as sheets name it, such as B7; undefined for another text. */
export function parsePlace(
  text: string,
): { readonly row: number; readonly column: number } | undefined {
  const [, letters, digits] = /^\$?([A-Z]{1,3})\$?(\d{1,7})$/i.exec(text) ?? [];
  if (letters === undefined || digits === undefined) return undefined;
  return { row: Number(digits) - 1, column: parseColumn(letters) };
}

/** The number of a column, from 0, by its letters. */
export function parseColumn(letters: string): number {
  let column = 0;
  for (const letter of letters.toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}

/** The letters of a column. */
function columnLetters(column: number): string {
  const rest = Math.floor(column / 26);
  return `${rest > 0 ? columnLetters(rest - 1) : ""}${String.fromCharCode(65 + (column % 26))}`;
}

/** The name of a place, such as B7. */
export function placeName({
  row,
  column,
}: {
  readonly row: number;
  readonly column: number;
}): string {
  return `${columnLetters(column)}${row + 1}`;
}
