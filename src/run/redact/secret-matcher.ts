import { endOf, isBlank, PieceTable, signsBefore, startOf, toSigns } from "./piece-table.ts";
import { PIECE, type SecretForm } from "./secret-forms.ts";

/** A form of which a text has shown the beginning. */
interface Open {
  readonly form: number;
  /** so many of its signs */
  signs: number;
}

/** How far a text, or one line after the other, was looked through. */
export interface Look {
  /** what came last before, with enough signs for all of a piece but the last */
  before: string;
  open: Open[];
}

/** A part of a text that is to be taken out. */
interface Part {
  readonly start: number;
  end: number;
  readonly isPiece: boolean;
}

interface MatchOptions {
  /** where the look before has ended; goes on from there, and is moved on */
  readonly look?: Look;
  /** whether the beginning of a secret with which a text ends is taken out, as the rest may follow */
  readonly isOpen?: boolean;
}

/** Replacement of a secret. */
const REDACTED = "[SECRET]";
/** Forms with fewer signs have to stand there as they are; in longer ones blanks make no difference. */
const LOOSE = 16;
/** A text that is as long may have been cut before it came here. */
const MAYBE_CUT = 2_000;

export function newLook(): Look {
  return { before: "", open: [] };
}

/**
 * Finds forms of secrets in texts, in one go over each text, however many secrets there are: by pieces of
 * eight signs, and from there on sign by sign.
 */
export class SecretMatcher {
  readonly #forms: readonly SecretForm[];
  /** of each form, without its blanks */
  readonly #signs: readonly string[];
  readonly #table: PieceTable;
  /** forms too short for a piece, the longest first */
  readonly #short: readonly string[];
  readonly #fallbacks = new Map<number, Int32Array>();

  constructor(forms: readonly SecretForm[]) {
    this.#forms = forms;
    this.#signs = forms.map(({ text }) => toSigns(text));
    this.#table = new PieceTable(forms, this.#signs);
    this.#short = forms
      .filter((_, index) => (this.#signs[index]?.length ?? 0) < PIECE)
      .map(({ text }) => text)
      .sort((left, right) => right.length - left.length);
  }

  /** The text without secrets. */
  redact(text: string, options: MatchOptions = {}): string {
    const { look, isOpen = false } = options;
    // Most texts hold nothing, nor does anything of the last one go on in them.
    const isAlone = look === undefined || !this.#goesOn(look, text);
    const isClear = isAlone && this.#table.next(text, 0) < 0 && !this.#hasShort(text);
    if (!isClear) return this.#redactParts(text, look ?? newLook(), isOpen);
    if (look !== undefined) look.before = toBefore(look.before, text);
    return text;
  }

  #goesOn(look: Look, text: string): boolean {
    return look.open.length > 0 || this.#table.mayJoin(look.before, text);
  }

  #hasShort(text: string): boolean {
    return this.#short.some((form) => text.includes(form));
  }

  #redactParts(text: string, look: Look, isOpen: boolean): string {
    const parts = this.#find(text, look, isOpen);
    return parts.length === 0 ? text : replaceParts(text, parts);
  }

  #find(text: string, look: Look, isOpen: boolean): Part[] {
    const parts: Part[] = [];
    // What came before stands before it; none of its parts ends there.
    const before = signsBefore(look.before, look.before.length - 1, PIECE - 1);
    const whole = before + text;
    const at = { text: whole, index: before.length, parts };
    while (at.index >= 0 && at.index < whole.length) this.#step(look, at);
    if (isOpen) this.#close(whole, look, parts);
    const own = before === "" ? parts : parts.flatMap((part) => moveBack(part, before.length));
    look.before = toBefore(look.before, text);
    for (const form of this.#short) findAll(text, form, own);
    return own;
  }

  /** Looks at one place, and moves on to the next one that counts. */
  #step(look: Look, at: Place): void {
    if (look.open.length === 0) at.index = this.#table.next(at.text, at.index);
    if (at.index < 0) return;
    if (!isBlank(at.text.charCodeAt(at.index))) {
      if (look.open.length > 0) this.#goOn(look, at);
      this.#meet(look, at);
    }
    at.index += 1;
  }

  /** Looks at eight signs that may be of a secret. */
  #meet(look: Look, at: Place): void {
    const found = this.#table.find(at.text, at.index);
    if (found === undefined) return;
    const { text, index, parts } = at;
    if (found.isLeak) addPiece(parts, startOf(text, index, PIECE), index + 1);
    for (const form of found.begins) {
      if (look.open.some((open) => open.form === form)) continue;
      const open = { form, signs: PIECE };
      look.open.push(open);
      this.#end(open, at);
    }
    look.open = look.open.filter(({ signs }) => signs >= PIECE);
  }

  /** Goes on with the forms of which the beginning was seen, by the method of Knuth, Morris and Pratt. */
  #goOn(look: Look, at: Place): void {
    const code = at.text.charCodeAt(at.index);
    let isOver = false;
    for (const open of look.open) {
      const signs = this.#signs[open.form] ?? "";
      while (open.signs >= PIECE && signs.charCodeAt(open.signs) !== code) {
        open.signs = this.#fallbackOf(open.form)[open.signs] ?? 0;
      }
      if (open.signs >= PIECE) {
        open.signs += 1;
        this.#end(open, at);
      }
      isOver ||= open.signs < PIECE;
    }
    if (isOver) look.open = look.open.filter(({ signs }) => signs >= PIECE);
  }

  /** Notes a form that has come to its end. */
  #end(open: Open, { text, index, parts }: Place): void {
    const signs = this.#signs[open.form] ?? "";
    if (open.signs < signs.length) return;
    const start = startOf(text, index, signs.length);
    const isThere =
      signs.length >= LOOSE || text.slice(start, index + 1) === this.#forms[open.form]?.text.trim();
    if (isThere) parts.push({ start, end: index + 1, isPiece: false });
    open.signs = this.#fallbackOf(open.form)[open.signs] ?? 0;
  }

  /** Takes out the beginning of a form with which the text ends. */
  #close(text: string, { open }: Look, parts: Part[]): void {
    const end = endOf(text);
    if (end === 0) return;
    for (const { form, signs } of open) {
      const isLoose = (this.#signs[form]?.length ?? 0) >= LOOSE;
      if (!isLoose && text.length < MAYBE_CUT) continue;
      parts.push({ start: startOf(text, end - 1, signs), end, isPiece: false });
    }
  }

  /** For each number of signs of a form, with how many another copy of it would have begun among them. */
  #fallbackOf(form: number): Int32Array {
    const known = this.#fallbacks.get(form);
    if (known !== undefined) return known;
    const signs = this.#signs[form] ?? "";
    const fallback = new Int32Array(signs.length + 1);
    let length = 0;
    for (let index = 1; index < signs.length; index++) {
      while (length > 0 && signs[index] !== signs[length]) length = fallback[length] ?? 0;
      if (signs[index] === signs[length]) length += 1;
      fallback[index + 1] = length;
    }
    this.#fallbacks.set(form, fallback);
    return fallback;
  }
}

/** A place in a text, and what was found in it. */
interface Place {
  readonly text: string;
  index: number;
  readonly parts: Part[];
}

/** The end of texts that is kept for the next one. */
function toBefore(before: string, text: string): string {
  let signs = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    if (!isBlank(text.charCodeAt(at))) signs += 1;
    if (signs === PIECE - 1) return text;
  }
  return signsBefore(before + text, before.length + text.length - 1, PIECE - 1);
}

/** A part as it stands in a text that begins so much later; none where it ends before. */
function moveBack({ start, end, isPiece }: Part, length: number): Part[] {
  if (end <= length) return [];
  return [{ start: Math.max(0, start - length), end: end - length, isPiece }];
}

function addPiece(parts: Part[], start: number, end: number): void {
  const last = parts.at(-1);
  if (last?.isPiece === true && last.end >= start && last.start <= start) last.end = end;
  else parts.push({ start, end, isPiece: true });
}

function findAll(text: string, form: string, parts: Part[]): void {
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) {
    parts.push({ start: at, end: at + form.length, isPiece: false });
  }
}

/** The rest of an encoding: a sign that holds bits of a neighbour as well, and the padding. */
const REST = /[\w+/-]?(?:=|%3D|%253D){0,2}(?![\w+/-])/iy;

function replaceParts(text: string, parts: Part[]): string {
  const sorted = parts.sort((left, right) => left.start - right.start || right.end - left.end);
  let redacted = "";
  let end = 0;
  for (const part of sorted) {
    // One that overlaps the one before is the same leak.
    if (part.start >= end) redacted += text.slice(end, part.start) + REDACTED;
    end = Math.max(end, part.end);
    if (part.isPiece && end === part.end) end = passRest(text, end);
  }
  return redacted + text.slice(end);
}

function passRest(text: string, end: number): number {
  REST.lastIndex = end;
  return REST.test(text) ? REST.lastIndex : end;
}
