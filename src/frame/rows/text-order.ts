/**
 * The order of two texts, character by character, as UTF-8 and SQL have it: of JavaScript's own order
 * it differs where one of the characters takes two units.
 */
export function compareTexts(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const left = one.charCodeAt(at);
    const right = other.charCodeAt(at);
    if (left !== right) return unitOrder(left) - unitOrder(right);
  }
  return one.length - other.length;
}

/** A unit of a text as a number in the order of characters: halves of pairs stand above all others. */
function unitOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Texts are compared as if all letters were small. */
export function foldCase(text: string): string {
  return text.toLowerCase();
}

/**
 * The place of each of some different texts in their order.
 * @param fold what is compared first of a text; two that it makes the same are compared as they are
 */
export function textRanks(texts: readonly string[], fold: (text: string) => string): Uint32Array {
  const codes = texts.map((text, code) => ({ text, folded: fold(text), code }));
  codes.sort((a, b) => compareTexts(a.folded, b.folded) || compareTexts(a.text, b.text));
  const ranks = new Uint32Array(texts.length);
  for (const [rank, { code }] of codes.entries()) ranks[code] = rank;
  return ranks;
}
