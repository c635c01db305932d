/** Where the values of a JSON text lie: found without making them, so that every digit is kept. */

/** The kind of a value by the way it is written. */
export const TEXT = 0;
/** a text with a backslash in it */
export const ESCAPED_TEXT = 1;
const NUMBER = 2;
export const TRUE = 3;
export const FALSE = 4;
export const NULL = 5;
/** NaN or an infinity, as Python writes them */
export const WORD = 6;
/** a list or an object */
export const NESTED = 7;

/** More bytes are needed to tell. */
export class MoreNeeded extends Error {}

/** Something stands where it cannot. */
export class JsonFault extends Error {
  readonly at: number;
  readonly expected: string;

  constructor(at: number, expected: string) {
    super(expected);
    this.at = at;
    this.expected = expected;
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const MINUS = 45;
const COLON = 58;

const WORDS: readonly (readonly [string, number])[] = [
  ["true", TRUE],
  ["false", FALSE],
  ["null", NULL],
  ["NaN", WORD],
  ["Infinity", WORD],
  ["-Infinity", WORD],
];

/** Bytes of which the next are read. */
export class JsonScanner {
  bytes: Buffer = Buffer.alloc(0);
  end = 0;
  at = 0;
  isLast = false;
  /** of the value that was read: its kind, and where it lies, a text without its quotes */
  kind = NULL;
  start = 0;
  stop = 0;

  /** The next byte that is no space; −1 at the end of the file. @throws {MoreNeeded} */
  next(): number {
    while (this.at < this.end) {
      const byte = this.bytes[this.at] as number;
      if (byte > 32 || (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9)) return byte;
      this.at++;
    }
    if (this.isLast) return -1;
    throw new MoreNeeded();
  }

  /** Passes over a sign. @throws {JsonFault} */
  pass(sign: string): void {
    if (this.next() !== sign.charCodeAt(0)) throw new JsonFault(this.at, `"${sign}"`);
    this.at++;
  }

  /** Reads a key with the colon after it; where it lies is told as of a value. */
  readKey(): void {
    if (this.next() !== QUOTE) throw new JsonFault(this.at, 'a key in quotes, or "}"');
    this.#readText();
    if (this.next() !== COLON) throw new JsonFault(this.at, '":" after a key');
    this.at++;
  }

  /** Reads a value: its kind, and where it lies. */
  readValue(): void {
    const byte = this.next();
    if (byte === QUOTE) this.#readText();
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#readNested();
    else if ((byte >= 48 && byte <= 57) || byte === MINUS) this.#readNumber();
    else this.#readWord();
  }

  #readText(): void {
    const { bytes, end } = this;
    const start = this.at + 1;
    this.kind = TEXT;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.start = start;
        this.stop = at;
        this.at = at + 1;
        return;
      }
      if (byte < 32) throw new JsonFault(at, "a text without line ends and other control signs");
      if (byte !== BACKSLASH) continue;
      this.kind = ESCAPED_TEXT;
      at++;
    }
    this.#needMore("a text that ends with a quote");
  }

  #needMore(expected: string): never {
    if (this.isLast) throw new JsonFault(this.end, expected);
    throw new MoreNeeded();
  }

  #readNumber(): void {
    const { bytes, end } = this;
    const start = this.at;
    let at = start;
    while (at < end && isNumberByte(bytes[at] as number)) at++;
    if (at === end && !this.isLast) throw new MoreNeeded();
    if (bytes[start] === MINUS && bytes[at] === 73) {
      this.#readWord();
      return;
    }
    if (!isPlainWhole(bytes, start, at) && !NUMBER_FORM.test(bytes.toString("latin1", start, at))) {
      throw new JsonFault(start, "a number as JSON has it");
    }
    this.#found(NUMBER, start, at);
  }

  #readWord(): void {
    const { bytes, at, end } = this;
    const word = WORDS.find(
      ([text]) => bytes.toString("latin1", at, Math.min(end, at + text.length)) === text,
    );
    if (word === undefined) {
      const isCut = !this.isLast && end - at < 9;
      if (isCut) throw new MoreNeeded();
      throw new JsonFault(at, "a value");
    }
    this.#found(word[1], at, at + word[0].length);
  }

  /** Finds the end of a list or an object; what stands in it is checked by who takes it. */
  #readNested(): void {
    const { bytes, end } = this;
    const start = this.at;
    let depth = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) at = this.#endOfText(at);
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
      if (depth > 0) continue;
      this.#found(NESTED, start, at + 1);
      return;
    }
    this.#needMore("a list or an object that ends");
  }

  #endOfText(start: number): number {
    for (let at = start + 1; at < this.end; at++) {
      if (this.bytes[at] === QUOTE) return at;
      if (this.bytes[at] === BACKSLASH) at++;
    }
    return this.#needMore("a text that ends with a quote");
  }

  #found(kind: number, start: number, stop: number): void {
    this.kind = kind;
    this.start = start;
    this.stop = stop;
    this.at = stop;
  }
}

const NUMBER_FORM = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function isNumberByte(byte: number): boolean {
  return (
    (byte >= 48 && byte <= 57) || byte === 45 || byte === 46 || byte === 43 || (byte | 32) === 101
  );
}

function isPlainWhole(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] === MINUS ? start + 1 : start;
  if (end === first || (bytes[first] === 48 && end > first + 1)) return false;
  for (let at = first; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < 48 || byte > 57) return false;
  }
  return true;
}
