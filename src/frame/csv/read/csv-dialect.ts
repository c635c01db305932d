/** Finds how a CSV of another tool is divided, by its first line: nothing is guessed from a sample of rows. */

export const LF = 10;
export const CR = 13;
export const QUOTE = 34;
/** No byte has this value: for a sign that a dialect does without. */
export const NO_BYTE = -1;

/** How the bytes of a CSV are divided; each sign is a byte. */
export interface CsvDialect {
  readonly delimiter: number;
  /** LF, before which a CR may stand, or CR alone */
  readonly lineEnd: number;
  /** around a field, and twice within it for itself */
  readonly quote: number;
  /** before a sign within quotes that stands for itself */
  readonly escape: number;
  /** at the beginning of lines that are passed over */
  readonly comment: number;
  /** whether rows of fewer or more fields than the header are taken */
  readonly isRagged: boolean;
  /** whether this is our own form: one LF after every row, the last too, and no line without a row */
  readonly isStrict: boolean;
}

/** The dialect of a file, and where its rows start. */
export interface CsvStart {
  /** where the header begins, or the first row without one */
  readonly start: number;
  /** the lines before it */
  readonly lines: number;
  readonly delimiter: number;
  readonly lineEnd: number;
  /** whether a line such as `sep=;` told the delimiter */
  readonly isDelimiterDeclared: boolean;
}

export interface StartRules {
  readonly delimiter: number | undefined;
  readonly quote: number;
  readonly escape: number;
  readonly comment: number;
  readonly skipLines: number;
}

/** As many bytes as it takes to tell a line such as `sep=;` and its end. */
const TOLD_BYTES = 8;
const DELIMITERS = [",", ";", "\t", "|"].map((sign) => sign.charCodeAt(0));

/**
 * Looks at the beginning of a file.
 * @returns undefined when more bytes are needed to tell
 */
export function findStart(
  bytes: Buffer,
  end: number,
  isLast: boolean,
  rules: StartRules,
): CsvStart | undefined {
  const lineEnd = findLineEnd(bytes, end, isLast, rules);
  if (lineEnd === undefined) return undefined;
  let start = 0;
  let lines = 0;
  const pass = () => {
    const at = bytes.subarray(0, end).indexOf(lineEnd, start);
    start = at < 0 ? end : at + 1;
    lines++;
  };
  // What these bytes end within may be the beginning of more lines to pass.
  const isCut = () => !isLast && end - start < TOLD_BYTES;
  while (lines < rules.skipLines && start < end) pass();
  if (isCut()) return undefined;
  const declared = declaredDelimiter(bytes.subarray(start, Math.min(end, start + TOLD_BYTES)));
  if (declared !== undefined) pass();
  while (start < end && isPassed(bytes, start, end, { lineEnd, comment: rules.comment })) pass();
  if (isCut()) return undefined;
  const delimiter =
    rules.delimiter ?? declared ?? findDelimiter(bytes, start, end, isLast, lineEnd, rules);
  if (delimiter === undefined) return undefined;
  return { start, lines, delimiter, lineEnd, isDelimiterDeclared: declared !== undefined };
}

/** How far below a header without a delimiter is looked. */
const LOOK_BYTES = 2 ** 16;

/**
 * The delimiter that the header has most of. A line without one may be a title: then it is the one
 * that half of the lines below have, so that a row tells the fault; a few of them are texts of a
 * file of one column. Undefined when more bytes are needed.
 */
function findDelimiter(
  bytes: Buffer,
  start: number,
  end: number,
  isLast: boolean,
  lineEnd: number,
  rules: StartRules,
): number | undefined {
  const line = lineAt(bytes, start, end, { lineEnd, rules });
  if (line.isOpen && !isLast) return undefined;
  const found = mostOf(line.counts);
  if (found !== undefined) return found;
  if (end < line.next + LOOK_BYTES && !isLast) return undefined;
  return delimiterOfRows(bytes, line.next, end, { lineEnd, rules }) ?? DELIMITERS[0];
}

/** The delimiter that at least half of the lines from a place on have, as far as is looked. */
function delimiterOfRows(
  bytes: Buffer,
  start: number,
  end: number,
  { lineEnd, rules }: LineRules,
): number | undefined {
  const counts = new Map<number, number>();
  let lines = 0;
  for (let at = start; at < Math.min(end, start + LOOK_BYTES); ) {
    const line = lineAt(bytes, at, end, { lineEnd, rules });
    for (const sign of line.counts.keys()) counts.set(sign, (counts.get(sign) ?? 0) + 1);
    if (!isPassed(bytes, at, end, { lineEnd, comment: NO_BYTE })) lines++;
    at = line.next;
  }
  const most = mostOf(counts);
  return most !== undefined && (counts.get(most) ?? 0) * 2 >= lines ? most : undefined;
}

/** Follows the quotes of a line, byte by byte: one within a bare field is no quote. */
class QuoteState {
  /** whether the byte that was taken last stands within quotes, or is one */
  isQuoted = false;
  readonly #rules: StartRules;
  #mayOpen = true;
  #isEscaped = false;

  constructor(rules: StartRules) {
    this.#rules = rules;
  }

  take(byte: number): void {
    const { quote, escape: escapeSign, delimiter } = this.#rules;
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.isQuoted) {
      this.#isEscaped = byte === escapeSign;
      // A second quote after this one opens the field again.
      this.#mayOpen = byte === quote;
      this.isQuoted = byte !== quote;
    } else {
      this.isQuoted = byte === quote && this.#mayOpen;
      this.#mayOpen = delimiter === undefined ? DELIMITERS.includes(byte) : byte === delimiter;
    }
  }
}

/**
 * The first line end outside of quotes: CR alone where no LF comes after it. In a line that is passed
 * over there are no quotes.
 */
function findLineEnd(
  bytes: Buffer,
  end: number,
  isLast: boolean,
  rules: StartRules,
): number | undefined {
  const isPassedOver = rules.skipLines > 0 || bytes[0] === rules.comment;
  const state = new QuoteState(isPassedOver ? { ...rules, quote: NO_BYTE } : rules);
  for (let at = 0; at < end; at++) {
    const byte = bytes[at] as number;
    state.take(byte);
    if (byte === LF && !state.isQuoted) return LF;
    if (byte === CR && !state.isQuoted) return lineEndAt(bytes, at, end, isLast);
  }
  return isLast ? LF : undefined;
}

/** Some tools write CR twice before LF. */
function lineEndAt(bytes: Buffer, at: number, end: number, isLast: boolean): number | undefined {
  let next = at;
  while (next < end && bytes[next] === CR) next++;
  if (next === end) return isLast ? CR : undefined;
  return bytes[next] === LF ? LF : CR;
}

function isPassed(
  bytes: Buffer,
  at: number,
  end: number,
  { lineEnd, comment }: { lineEnd: number; comment: number },
): boolean {
  const byte = bytes[at];
  const isEndingCr = byte === CR && (at + 1 === end || bytes[at + 1] === lineEnd);
  const isBlank = byte === lineEnd || isEndingCr;
  return isBlank || (comment !== NO_BYTE && byte === comment);
}

/** The delimiter that a line such as `sep=;` tells, as spreadsheets write it. */
function declaredDelimiter(line: Buffer): number | undefined {
  const sign = /^sep=([^\r\n])(?:\r|\n|$)/i.exec(line.toString("latin1"))?.[1];
  return sign?.charCodeAt(0);
}

interface Line {
  /** how often each delimiter stands outside of quotes */
  readonly counts: ReadonlyMap<number, number>;
  readonly next: number;
  /** whether its end is not among the bytes */
  readonly isOpen: boolean;
}

interface LineRules {
  readonly lineEnd: number;
  readonly rules: StartRules;
}

function lineAt(bytes: Buffer, start: number, end: number, { lineEnd, rules }: LineRules): Line {
  const counts = new Map<number, number>();
  const state = new QuoteState(rules);
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    state.take(byte);
    if (state.isQuoted) continue;
    if (byte === lineEnd) return { counts, next: at + 1, isOpen: false };
    if (DELIMITERS.includes(byte)) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  }
  return { counts, next: end, isOpen: true };
}

/** The delimiter that stands most often; of equals the first of them. */
function mostOf(counts: ReadonlyMap<number, number>): number | undefined {
  const most = Math.max(0, ...counts.values());
  return most === 0 ? undefined : DELIMITERS.find((sign) => counts.get(sign) === most);
}
