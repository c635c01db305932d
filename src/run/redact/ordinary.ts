const NUMBER = /^[+-]?\d{1,9}([.,]\d{1,9})?$/;
const WORD = /^\p{L}?(\p{Ll}{3,9}|\p{Lu}{3,9})$/u;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Whether a secret is a word, a number or a day, as stand all over ordinary text and data. */
export function isOrdinary(secret: string): boolean {
  return NUMBER.test(secret) || WORD.test(secret) || DAY.test(secret);
}
