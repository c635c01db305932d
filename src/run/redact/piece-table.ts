import { PIECE, type SecretForm } from "./secret-forms.ts";

/** Facts about eight signs that were found. */
export interface Found {
  /** they are a leak by themselves */
  readonly isLeak: boolean;
  /** the forms that begin with them */
  readonly begins: readonly number[];
}

const LEAK: Found = { isLeak: true, begins: [] };
/** Three signs tell most texts apart from the pieces. */
const BLOCK = 3;
/** Where three signs stand in no piece, none ends before so many signs later. */
const FARTHEST = PIECE - BLOCK + 1;
/** Bits of a filter for each entry: of other texts, about one in so many is looked up in vain. */
const FILTER_BITS = 16;
/** A filter for more blocks no longer fits near the processor. */
const MOST_BLOCKS = 2 ** 16;

/**
 * The pieces of eight signs by which forms of secrets are found: all of a form that leaks in pieces, of
 * others the first. A text is looked through by the method of Wu and Manber: most places are stepped over.
 */
export class PieceTable {
  readonly #found = new Map<string, Found>();
  readonly #blocks: Filter;
  readonly #pieces: Filter;

  /** @param signs of each form, without its blanks */
  constructor(forms: readonly SecretForm[], signs: readonly string[]) {
    for (const [index, form] of forms.entries()) this.#add(form, signs[index] ?? "", index);
    const pieces = [...this.#found.keys()];
    this.#blocks = new Filter(Math.min(pieces.length * 2, MOST_BLOCKS));
    this.#pieces = new Filter(pieces.length);
    for (const piece of pieces) {
      this.#pieces.add(hashBefore(piece, PIECE - 1, PIECE));
      for (let end = BLOCK - 1; end < PIECE; end++) this.#blocks.add(hashBlock(piece, end));
    }
  }

  /** The next place, from `index` on, at which eight signs end that may be a piece; -1: there is none. */
  next(text: string, index: number): number {
    // Read once: this goes over all that is logged.
    const { bits, shift } = this.#blocks;
    const { length } = text;
    let at = index;
    while (at < length) {
      if (isBlank(text.charCodeAt(at))) {
        at += 1;
        continue;
      }
      const place = hashBlock(text, at) >>> shift;
      if (((bits[place >>> 5] as number) & (1 << (place & 31))) === 0) at += FARTHEST;
      else if (this.#pieces.has(hashBefore(text, at, PIECE))) return at;
      else at += 1;
    }
    return -1;
  }

  /** Whether a piece may begin in one text and end in the next. */
  mayJoin(before: string, text: string): boolean {
    if (before === "") return false;
    const last = before.charCodeAt(endOf(before) - 1);
    const [other = 0] = [...signsBefore(before, endOf(before) - 2, 1)].map((sign) =>
      sign.charCodeAt(0),
    );
    const start = nextSign(text, 0);
    const first = text.charCodeAt(start);
    const second = text.charCodeAt(nextSign(text, start + 1));
    if (!(last > 0 && other > 0 && first > 0 && second > 0)) return true;
    return (
      this.#blocks.has(hashThree(first, last, other)) ||
      this.#blocks.has(hashThree(second, first, last))
    );
  }

  /** Facts about the eight signs that end at a place. */
  find(text: string, index: number): Found | undefined {
    return this.#found.get(signsBefore(text, index, PIECE));
  }

  #add({ leaks }: SecretForm, text: string, index: number): void {
    if (text.length < PIECE) return;
    if (leaks === "whole") {
      const key = text.slice(0, PIECE);
      const { isLeak = false, begins = [] } = this.#found.get(key) ?? {};
      this.#found.set(key, { isLeak, begins: [...begins, index] });
      return;
    }
    for (let start = 0; start + PIECE <= text.length; start++) {
      const key = text.slice(start, start + PIECE);
      const known = this.#found.get(key);
      if (known?.isLeak) continue;
      this.#found.set(key, known === undefined ? LEAK : { ...known, isLeak: true });
    }
  }
}

/** A set of hashes that now and then says yes to one that is not in it. */
class Filter {
  readonly bits: Int32Array;
  /** how far a hash is moved to be the place of its bit */
  readonly shift: number;

  constructor(entries: number) {
    const size = Math.max(12, Math.ceil(Math.log2(entries * FILTER_BITS + 1)));
    this.shift = 32 - size;
    this.bits = new Int32Array(2 ** (size - 5));
  }

  add(hash: number): void {
    const place = hash >>> this.shift;
    this.bits[place >>> 5] = (this.bits[place >>> 5] ?? 0) | (1 << (place & 31));
  }

  has(hash: number): boolean {
    const place = hash >>> this.shift;
    return ((this.bits[place >>> 5] as number) & (1 << (place & 31))) !== 0;
  }
}

/** Of the three signs that end at a place; where the text has no more, of fewer. */
function hashBlock(text: string, end: number): number {
  let at = end - 1;
  while (at >= 0 && isBlank(text.charCodeAt(at))) at -= 1;
  const before = at < 0 ? 0 : text.charCodeAt(at);
  at -= 1;
  while (at >= 0 && isBlank(text.charCodeAt(at))) at -= 1;
  const first = at < 0 ? 0 : text.charCodeAt(at);
  return hashThree(text.charCodeAt(end), before, first);
}

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
function nextSign(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** Of three signs side by side, the last one first. */
function hashThree(last: number, before: number, first: number): number {
  return Math.imul((first << 16) ^ (before << 8) ^ last, 0x9e3779b1);
}

/** Of so many signs that end at a place. */
function hashBefore(text: string, end: number, signs: number): number {
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
