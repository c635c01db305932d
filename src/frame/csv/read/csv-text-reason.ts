import type { FrameColumn } from "../../column/column-data.ts";
import { MISSING_WORDS, toCsvValue } from "./csv-values.ts";

const SEEN_TEXTS = 64;
const DECIMAL_COMMA = /^[+-]?\d+(?:\.\d{3})*,\d+$/;
const OTHER_DAY = /^\d{1,2}([./-])\d{1,2}\1\d{4}$/;

/**
 * Why a column that was read as text may have been meant otherwise, by its first texts; undefined
 * when they are just texts.
 */
export function textReason(column: FrameColumn): string | undefined {
  const texts = firstTexts(column);
  if (texts.length === 0) return undefined;
  if (texts.every(({ text }) => DECIMAL_COMMA.test(text))) {
    return 'its first values have a decimal comma (decimal: "," reads them as numbers)';
  }
  if (texts.every(({ text }) => OTHER_DAY.test(text))) {
    return 'its first values look like days (dates: "DD/MM/YYYY" or "MM/DD/YYYY", with their signs, reads them)';
  }
  const kinds = texts.map(({ text }) => toCsvValue(text).kind);
  const odd = texts.filter((_, index) => kinds[index] === "text");
  const [first] = odd;
  const others = new Set(kinds.filter((kind) => kind !== "text"));
  if (first === undefined || odd.length * 2 > texts.length || others.size === 0) return undefined;
  return `row ${first.row + 1} ${JSON.stringify(first.text)} is not written as its neighbours are`;
}

/** The first different texts of a column but words for missing, with their rows from 0. */
function firstTexts({ data }: FrameColumn): { row: number; text: string }[] {
  const texts = new Map<string, number>();
  for (let row = 0; row < data.length && row < 1000 && texts.size < SEEN_TEXTS; row++) {
    const text = data.at(row);
    const isWord = typeof text !== "string" || MISSING_WORDS.includes(text);
    if (!isWord && !texts.has(text)) texts.set(text, row);
  }
  return Array.from(texts, ([text, row]) => ({ row, text }));
}
