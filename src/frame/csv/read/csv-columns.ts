import { formatCount } from "../../../text.ts";
import type { FrameColumn } from "../../column/column-data.ts";
import { isCounter, toColumnNames } from "../../column-names.ts";
import type { Schema } from "../../schema.ts";
import type { CsvLimits } from "../csv-form.ts";
import { type ColumnPlan, CsvColumn } from "./csv-column.ts";
import { headerError, schemaError } from "./csv-errors.ts";
import type { CsvBlock } from "./csv-items.ts";
import { textReason } from "./csv-odd-values.ts";
import type { ColumnForms } from "./csv-options.ts";
import type { CsvColumnReport } from "./csv-report.ts";

/** A column with its place in the rows; once it is read, with its values. */
interface Slot {
  readonly index: number;
  readonly name: string;
  column: CsvColumn;
  /** why it became a column of texts, when values of other kinds stand in it */
  why?: string;
  read?: FrameColumn;
  notes: readonly string[];
}

/** The columns that were read, and what was decided about them. */
interface ReadColumns {
  readonly columns: readonly FrameColumn[];
  readonly reports: readonly CsvColumnReport[];
  readonly notes: readonly string[];
}

/** The columns of a CSV of another tool: by its header, widened by long rows, as the schema wants. */
export class CsvColumns {
  readonly #schema: Schema | undefined;
  readonly #types: ReadonlyMap<string, Schema[number]["type"]>;
  readonly #forms: ColumnForms;
  readonly #limits: CsvLimits;
  #slots: Slot[] = [];
  #isNameless = false;

  constructor(schema: Schema | undefined, forms: ColumnForms, limits: CsvLimits) {
    this.#schema = schema;
    this.#types = new Map(schema?.map(({ name, type }) => [name, type]));
    this.#forms = forms;
    this.#limits = limits;
  }

  get count(): number {
    return this.#slots.length;
  }

  get names(): readonly string[] {
    return this.#slots.map(({ name }) => name);
  }

  /** Takes the texts of the first row: a header, or values of columns without names. */
  setHeader(texts: readonly string[], isHeader: boolean): void {
    if (texts.length > this.#limits.maxColumns) throw headerError(this.#limits);
    const { names, notes } = toColumnNames(isHeader ? texts : texts.map(() => ""));
    this.#isNameless = isHeader && texts[0] === "" && texts.length > 1;
    this.#slots = names.map((name, index) => {
      const note = isHeader ? notes.get(index) : undefined;
      return this.#newSlot(index, name, note === undefined ? [] : [note]);
    });
    this.#checkSchema();
  }

  #newSlot(index: number, name: string, notes: readonly string[]): Slot {
    const plan = this.#types.get(name) ?? "found";
    return { index, name, column: new CsvColumn(name, plan, this.#forms), notes };
  }

  #checkSchema(): void {
    if (this.#schema === undefined) return;
    const { names } = this;
    const all = new Set(names);
    const isSame = names.slice(this.#isNameless ? 1 : 0).every((name) => this.#types.has(name));
    if (isSame && this.#schema.every(({ name }) => all.has(name))) return;
    throw schemaError(this.#schema, names);
  }

  /** Takes the values of a block, in the columns that are not read yet. */
  read(block: CsvBlock): void {
    for (const { column, index, read } of this.#slots) {
      if (read === undefined) column.read(block, index);
    }
  }

  /** Adds columns for a row that has more fields, after so many rows without them. */
  widen(width: number, rows: number): void {
    if (width > this.#limits.maxColumns) throw headerError(this.#limits);
    const names = new Set(this.#slots.map(({ name }) => name));
    for (let index = this.#slots.length; index < width; index++) {
      let name = `column${index + 1}`;
      while (names.has(name)) name += "_1";
      names.add(name);
      const told = `column ${index + 1}: not in the header, ${JSON.stringify(name)} here; first in row ${rows + 1}`;
      const slot = this.#newSlot(index, name, [told]);
      slot.column.skip(rows);
      this.#slots.push(slot);
    }
    this.#checkSchema();
  }

  /** Ends a pass over the file: keeps the columns that are read; true when others are not. */
  endPass(rows: number): boolean {
    const open = this.#slots.filter(({ read }) => read === undefined);
    const hasBareNumbers = open.some(({ column }) => column.quotedNumbers === "none");
    for (const slot of open) {
      const plan = this.#nextPlan(slot, rows, hasBareNumbers);
      if (plan === undefined) this.#keep(slot, rows);
      else slot.column = new CsvColumn(slot.name, plan, this.#forms);
    }
    return this.#slots.some(({ read }) => read === undefined);
  }

  #nextPlan(slot: Slot, rows: number, hasBareNumbers: boolean): ColumnPlan | undefined {
    const { column } = slot;
    const plan = column.nextPlan;
    if (plan !== undefined) {
      const why = column.why(rows);
      if (why !== undefined) slot.why ??= why;
      return plan;
    }
    if (!hasBareNumbers || column.quotedNumbers !== "all") return undefined;
    slot.why = "its numbers are all quoted, while others in the file are not";
    return "texts";
  }

  #keep(slot: Slot, rows: number): void {
    const { column, name } = slot;
    slot.read = { name, ...column.finish(rows) };
    slot.notes = [...slot.notes, ...column.notes()];
    const { nullCount } = slot.read.data;
    if (this.#slots.length === 1 && nullCount > 0) {
      const told = `column ${JSON.stringify(name)}: ${formatCount(nullCount)} missing, blank lines among them`;
      slot.notes = [...slot.notes, told];
    }
    const isFound = column.plan !== "string" && (column.plan === "found" || slot.why === undefined);
    const reason = slot.read.type === "string" && isFound ? textReason(slot.read) : undefined;
    if (reason !== undefined) slot.why = reason;
  }

  finish(): ReadColumns {
    const slots = this.#slots.filter((slot) => !this.#isDropped(slot));
    const dropped = "column 1: without a name and counting from 0, dropped as the index of pandas";
    const reports = slots.map(({ name, read, why }): CsvColumnReport => {
      const type = read?.type ?? "string";
      return why === undefined ? { name, type } : { name, type, why };
    });
    const notes = slots.flatMap((slot) => slot.notes);
    return {
      columns: this.#arranged(slots.flatMap(({ read }) => (read === undefined ? [] : [read]))),
      reports,
      notes: slots.length < this.#slots.length ? [dropped, ...notes] : notes,
    };
  }

  /** The row counter that pandas writes before the columns; any other nameless column is kept. */
  #isDropped({ index, name, read }: Slot): boolean {
    if (!this.#isNameless || index > 0 || read === undefined) return false;
    if (this.#types.has(name)) return false;
    if (isCounter(read)) return true;
    if (this.#schema === undefined) return false;
    throw schemaError(this.#schema, this.names);
  }

  /** The columns in the order of the schema, or of the file. */
  #arranged(columns: readonly FrameColumn[]): FrameColumn[] {
    const byName = new Map(columns.map((column) => [column.name, column]));
    const order = this.#schema ?? columns;
    return order.flatMap(({ name }) => byName.get(name) ?? []);
  }
}
