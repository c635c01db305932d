import type { ColumnData } from "../../column/column-data.ts";
import type { ColumnType } from "../../schema.ts";
import { askedError, toAskedValue } from "./csv-asked-values.ts";
import { BARE } from "./csv-fields.ts";
import { newItems } from "./csv-fixed-items.ts";
import { type CsvBlock, CsvItems, MissingRows } from "./csv-items.ts";
import { InfinityItems, WholeItems } from "./csv-number-items.ts";
import {
  isMoment,
  MOST_EXCEPTIONS,
  note,
  type OddValues,
  toNotes,
  whyTexts,
} from "./csv-odd-values.ts";
import type { ColumnForms } from "./csv-options.ts";
import { TextItems } from "./csv-text-items.ts";
import {
  type CsvValue,
  isOtherThanIso,
  isRounded,
  joinKinds,
  toCsvValue,
  type ValueClass,
} from "./csv-values.ts";

/**
 * How a column is read: by what stands in it; as a type that was asked for; or as texts, among which
 * bare words are missing as long as all texts are quoted ("texts"), or texts as well ("all texts").
 */
export type ColumnPlan = "found" | "texts" | "all texts" | ColumnType;

/** Takes nothing: of a column in which nothing stands so far. */
class NoItems extends CsvItems {
  reserve(): void {
    // There is nothing to keep.
  }

  protected take(): boolean {
    return false;
  }

  put(): void {
    // There is nothing to keep.
  }

  toData(rows: number): ColumnData {
    return newItems("integer", this.missing).toData(rows);
  }
}

/** One column of a CSV of another tool, read block by block; its type is what all rows allow. */
export class CsvColumn {
  readonly name: string;
  readonly plan: ColumnPlan;
  readonly #forms: ColumnForms;
  readonly #missing = new MissingRows();
  /** what all values are so far; undefined before the first */
  #kind: ValueClass | undefined;
  #items: CsvItems;
  /** whether the values have to be read again from the beginning, as texts */
  #isAgain = false;
  /** whether a value other than a word stands without quotes */
  #hasBare = false;
  /** whether quoted fields were taken for missing, which are texts among texts */
  #hasQuotedMissing = false;
  readonly #odd: OddValues = {};

  constructor(name: string, plan: ColumnPlan, forms: ColumnForms) {
    this.name = name;
    this.plan = plan;
    this.#forms = forms;
    this.#items = this.#firstItems(plan);
    this.#kind = plan === "found" ? undefined : "text";
  }

  #firstItems(plan: ColumnPlan): CsvItems {
    if (plan === "found") return new NoItems(this.#missing);
    if (plan === "texts") return this.#newTexts(false);
    if (plan === "all texts" || plan === "string") return this.#newTexts(true);
    return newItems(plan, this.#missing, this.#itemForms);
  }

  #newTexts(areWordsTexts: boolean): TextItems {
    const { quote, escape: escapeSign, missing, words } = this.#forms;
    const place = `column ${JSON.stringify(this.name)}`;
    const forms = { quote, escape: escapeSign, missing, words, place, isOwn: false };
    return new TextItems(this.#missing, forms, areWordsTexts);
  }

  get #decimal(): number {
    return this.#forms.values.decimal.charCodeAt(0);
  }

  get #itemForms(): { decimal: number; isIso: boolean } {
    return { decimal: this.#decimal, isIso: !isOtherThanIso(this.#forms.values.dates) };
  }

  /** Whether the column holds numbers that all stand within quotes, or without; undefined for others. */
  get quotedNumbers(): "all" | "none" | undefined {
    const kinds: readonly unknown[] = ["integer", "bigint", "number", "infinity"];
    const isNumber = kinds.includes(this.#kind);
    if (this.plan !== "found" || !isNumber || this.#isAgain) return undefined;
    return this.#hasBare ? "none" : "all";
  }

  /** How the column has to be read again; undefined when it is read. */
  get nextPlan(): ColumnPlan | undefined {
    if (this.#hasOnlyEmptyTexts) return "texts";
    if (!this.#isAgain) return undefined;
    return this.#items instanceof TextItems ? "all texts" : "texts";
  }

  /** Whether nothing but `""` was seen: it is a text, unless the column has values of other kinds. */
  get #hasOnlyEmptyTexts(): boolean {
    return this.#kind === undefined && this.#hasQuotedMissing;
  }

  /** Takes the values of a block, in which this is the column of that number. */
  read(block: CsvBlock, column: number): void {
    if (this.#isAgain && this.#isReported()) return;
    const { rows } = block.fields;
    if (this.#forms.isMissingGiven) this.#empty(block, column);
    if (!this.#hasBare && this.plan === "found") this.#hasBare = this.#findBare(block, column);
    let row = this.#items.read(block, column, 0);
    while (row < rows) {
      const isTaken = this.#takeOdd(block, column, row);
      if (this.#isAgain && this.#isReported()) return;
      row = this.#items.read(block, column, isTaken ? row + 1 : row);
    }
  }

  /** Tells that so many rows before the next block have no field here. */
  skip(rows: number): void {
    for (let row = 0; row < rows; row++) this.#missing.add(row);
  }

  /** Whether a column that is read again has told all that it will: its memory is free from there. */
  #isReported(): boolean {
    if (this.#items instanceof TextItems) return true;
    return (this.#odd.exceptions?.count ?? 0) >= MOST_EXCEPTIONS;
  }

  /** Empties the fields that were told to be missing, before they are read as numbers or days. */
  #empty({ bytes, fields }: CsvBlock, column: number): void {
    const { starts, ends, kinds, width, rows } = fields;
    for (let row = 0; row < rows; row++) {
      const field = row * width + column;
      const start = starts[field] as number;
      if (!this.#forms.missing.has(bytes, start, ends[field] as number)) continue;
      ends[field] = start;
      kinds[field] = BARE;
    }
  }

  #findBare({ bytes, fields }: CsvBlock, column: number): boolean {
    const { starts, ends, kinds, width, rows } = fields;
    for (let row = 0; row < rows; row++) {
      const field = row * width + column;
      const [start, end] = [starts[field] as number, ends[field] as number];
      if (kinds[field] === BARE && start < end && !this.#isWord(bytes, start, end)) return true;
    }
    return false;
  }

  #isWord(bytes: Buffer, start: number, end: number): boolean {
    const { missing, words } = this.#forms;
    return missing.has(bytes, start, end) || words.has(bytes, start, end);
  }

  /** Takes a field that stands in no plain form; false when it is to be read once more, as a text. */
  #takeOdd(block: CsvBlock, column: number, blockRow: number): boolean {
    const { bytes, fields } = block;
    const field = blockRow * fields.width + column;
    const [start, end] = [fields.starts[field] as number, fields.ends[field] as number];
    const row = fields.rowsBefore + blockRow;
    if (this.#items instanceof TextItems) {
      this.#isAgain = true;
      return true;
    }
    const text = bytes.toString("utf8", start, end);
    const isBare = fields.kinds[field] === BARE;
    if (start === end || this.#isWord(bytes, start, end)) {
      this.#missing.add(row);
      if (!isBare && !this.#forms.missing.has(bytes, start, end)) this.#hasQuotedMissing = true;
      if (start < end) note(this.#odd, "words", row, text);
      return true;
    }
    if (this.plan !== "found") return this.#putAsked(row, text);
    return this.#join(block, row, text, isBare);
  }

  #putAsked(row: number, text: string): boolean {
    const type = this.plan as Exclude<ColumnType, "string">;
    const value = toAskedValue(text, type, this.#forms.values);
    if (value === undefined) throw askedError(this.name, row, type, text);
    if (type === "number" && isRounded(text, Number(value.value), this.#forms.values)) {
      note(this.#odd, "rounded", row, text);
    }
    this.#items.put(row, value);
    return true;
  }

  /** Finds what the column is with one value more. */
  #join(block: CsvBlock, row: number, text: string, isBare: boolean): boolean {
    const value = toCsvValue(text, this.#forms.values);
    if (value.kind === "infinity") note(this.#odd, "infinities", row, text);
    if (value.kind === "instant" && !IS_UTC.test(text)) note(this.#odd, "offsets", row, text);
    const kind = this.#kind === undefined ? value.kind : joinKinds(this.#kind, value.kind);
    if (kind === "text") return this.#turnToText(block, row, text, value, isBare);
    this.#turnTo(block, kind);
    this.#items.put(row, value);
    return true;
  }

  #turnTo({ fields, expectedRows }: CsvBlock, kind: Exclude<ValueClass, "text">): void {
    if (kind === this.#kind) return;
    const items = this.#items;
    if (items instanceof WholeItems) {
      this.#items = kind === "bigint" ? items.toBigints() : items.toNumbers(this.#decimal);
    } else if (kind === "infinity") this.#items = new InfinityItems(this.#missing, this.#decimal);
    else if (items instanceof InfinityItems && kind === "number") this.#items = items.toNumbers();
    else this.#items = newItems(kind, this.#missing, this.#itemForms);
    this.#kind = kind;
    this.#items.reserve(fields.rowsBefore + fields.rows, expectedRows);
  }

  #turnToText(
    block: CsvBlock,
    row: number,
    text: string,
    value: CsvValue,
    isBare: boolean,
  ): boolean {
    const words = this.#odd.words;
    if (this.#kind === undefined && !this.#hasQuotedMissing && !(isBare && words !== undefined)) {
      const texts = this.#newTexts(false);
      if (words !== undefined) texts.words = words;
      this.#items = texts;
      this.#kind = "text";
      return false;
    }
    // Days and times among which only infinity is none are refused, not kept as texts.
    this.#isAgain = true;
    if (value.kind !== "infinity" && this.#kind === "infinity" && isMoment(value.kind)) {
      this.#turnTo(block, value.kind);
    } else if (value.kind !== "infinity" || !isMoment(this.#kind)) {
      note(this.#odd, "exceptions", row, text);
    }
    this.#kind ??= "text";
    return true;
  }

  /** The column, of so many rows. */
  finish(rows: number): { type: ColumnType; data: ColumnData } {
    const isEmpty = this.#items instanceof NoItems;
    const items = isEmpty ? this.#newTexts(true) : this.#items;
    items.reserve(rows, rows);
    const data = items.toData(rows);
    if (this.#kind === undefined || this.#kind === "text") {
      const { plan } = this;
      const isAsked = plan !== "found" && plan !== "texts" && plan !== "all texts";
      return { type: isAsked ? plan : "string", data };
    }
    return { type: this.#kind === "infinity" ? "number" : this.#kind, data };
  }

  /**
   * Why the column is read again as texts, when all of its rows were seen; undefined when that is a
   * plain matter.
   * @throws {HexError} HEX_DATA_INVALID for infinity among days or times
   */
  why(rows: number): string | undefined {
    if (this.#hasOnlyEmptyTexts) return 'nothing stands in it but ""';
    return whyTexts(this.#odd, {
      name: this.name,
      kind: this.#kind ?? "text",
      hasTexts: this.#items instanceof TextItems,
      present: rows - this.#missing.count,
    });
  }

  /** Notes on the column's values, a sentence each. */
  notes(): string[] {
    return toNotes(
      this.name,
      this.#odd,
      this.#items instanceof TextItems ? this.#items : undefined,
    );
  }
}

const IS_UTC = /(?:Z|UTC|[+-]00(?::?00)?)\s*$/;
