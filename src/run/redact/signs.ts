/** Blanks and line breaks are passed over: only the other signs of a text count. */
export function isBlank(code: number): boolean {
  return code <= 32 || code === 0xa0;
}

/** A text without its blanks. */
export function toSigns(text: string): string {
  return [...text].filter((sign) => !isBlank(sign.charCodeAt(0))).join("");
}

/** So many signs that end at a place; fewer where the text has no more. */
export function signsBefore(text: string, end: number, most: number): string {
  let signs = "";
  for (let at = end; at >= 0 && signs.length < most; at--) {
    if (!isBlank(text.charCodeAt(at))) signs = text.charAt(at) + signs;
  }
  return signs;
}

/** Where so many signs begin of which the last is at `end`; 0 where the text has fewer. */
export function startOf(text: string, end: number, signs: number): number {
  let left = signs;
  for (let at = end; at >= 0; at--) {
    if (!isBlank(text.charCodeAt(at))) left -= 1;
    if (left === 0) return at;
  }
  return 0;
}

/** Where the last sign ends. */
export function endOf(text: string): number {
  let end = text.length;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return end;
}

/** Where the next sign is, from a place on; the text's length when there is none. */
export function nextSign(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** Of three signs side by side, the last one first. */
export function hashThree(last: number, before: number, first: number): number {
  return Math.imul((first << 16) ^ (before << 8) ^ last, 0x9e3779b1);
}

/** Of so many signs that end at a place. */
export function hashBefore(text: string, end: number, signs: number): number {
  let hash = 0;
  let left = signs;
  for (let at = end; at >= 0 && left > 0; at--) {
    const code = text.charCodeAt(at);
    if (isBlank(code)) continue;
    hash = Math.imul(hash ^ code, 0x9e3779b1) + (hash >>> 13);
    left -= 1;
  }
  return hash;
}
