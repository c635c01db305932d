/** No number that is written by hand or by a program is longer: 1.8e308 has 309 digits. */
export const LONGEST_NUMBER = 400;

/** Each text fits in one way only: with two, a long one that does not fit would be tried in all. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** The number that a text writes in digits; undefined when it writes none. */
export function parseNumberText(text: string): number | undefined {
  return text.length <= LONGEST_NUMBER && NUMBER.test(text) ? Number(text) : undefined;
}
