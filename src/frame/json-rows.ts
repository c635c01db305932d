import { dictionaryOf, type FrameColumn } from "./column/column-data.ts";
import { toReader } from "./column/column-value.ts";
import type { Frame } from "./frame.ts";
import { toJsonNumber, toJsonScalar } from "./json.ts";
import type { Value } from "./schema.ts";

type ReadText = (row: number) => string;

/** Characters that a JSON text must escape; frames have no lone surrogates. */
const ESCAPED = /["\\\p{Cc}]/u;

/**
 * Rows of a frame as the text that JSON makes of `headRows`, without the row objects: written from
 * the columns as they lie in memory.
 */
export class JsonRows {
  readonly #columns: readonly { readonly key: string; readonly read: ReadText }[];
  readonly #rows: Uint32Array | undefined;

  constructor(frame: Frame) {
    const { columns, rows } = frame.unarranged();
    const byName = new Map(columns.map((column) => [column.name, column]));
    // Objects have keys that are whole numbers first, in their order.
    const names = Object.keys(Object.fromEntries(columns.map(({ name }) => [name, 0])));
    this.#columns = names.flatMap((name, index) => {
      const column = byName.get(name);
      if (column === undefined) return [];
      const key = `${index === 0 ? "{" : ","}${JSON.stringify(name)}:`;
      return { key, read: toTextReader(column) };
    });
    this.#rows = rows;
  }

  /** The rows from `start` up to `end`, with commas between them; all of them must be there. */
  text(start: number, end: number): string {
    const rows: string[] = [];
    for (let at = start; at < end; at++) {
      const row = this.#rows === undefined ? at : (this.#rows[at] ?? -1);
      let text = "";
      for (const { key, read } of this.#columns) text += key + read(row);
      rows.push(text === "" ? "{}" : `${text}}`);
    }
    return rows.join(",");
  }
}

function toTextReader({ type, data }: FrameColumn): ReadText {
  const coded = dictionaryOf(data);
  if (coded === undefined) {
    const read = toReader(data);
    return (row) => toText(type, read(row));
  }
  const { values, cache } = coded;
  const isWhole = data.nullCount === 0;
  return withTexts(cache, (row) => (isWhole || coded.isValid(row) ? Number(values[row]) : -1));
}

/** Reads texts that occur often, each of which is written once; the code −1 is of what is missing. */
function withTexts(texts: readonly string[], codeOf: (row: number) => number): ReadText {
  const written = new Map<number, string>();
  return (row) => {
    const code = codeOf(row);
    const known = written.get(code);
    if (known !== undefined) return known;
    const text = texts[code];
    const json = text === undefined ? "null" : quote(text);
    written.set(code, json);
    return json;
  };
}

function toText(type: FrameColumn["type"], value: Value): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return type === "string" ? quote(value) : `"${value}"`;
    case "number": {
      const number = toJsonNumber(value);
      return typeof number === "number" ? `${number}` : `"${number}"`;
    }
    case "boolean":
      return value ? "true" : "false";
    default:
      return JSON.stringify(toJsonScalar(value));
  }
}

function quote(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}
