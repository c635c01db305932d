/** SQL by its bytes, in which DuckDB tells places: what stands where, and the text with other pieces. */
import { HexError } from "../../errors.ts";

/** A place in a query; both count from 1. */
export interface SqlPlace {
  readonly line: number;
  readonly column: number;
}

/** A failure that DuckDB tells at a place of the query. */
export class SqlError extends HexError {
  readonly place: SqlPlace | undefined;

  constructor(
    code: "HEX_CELL_INVALID" | "HEX_CELL_FAILED",
    message: string,
    { place, cause }: { readonly place?: SqlPlace | undefined; readonly cause?: unknown },
  ) {
    super(code, message, { cause });
    this.place = place;
  }
}

/** A piece of a query to be replaced; `start` and `end` are bytes. */
export interface SqlEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A query with pieces replaced. */
export interface EditedSql {
  readonly sql: string;
  /** The byte in the query as written that stands at a byte of this one. */
  readonly toWritten: (at: number) => number;
}

/** A quoted text or name, a comment, or one sign. Comments within comments are not looked for. */
const PIECE =
  /[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$.*?\$\1\$|--[^\n]*|\/\*.*?\*\/|[\w\x80-\xff]+|./sy;

/** The text of a query, by bytes. */
export class SqlText {
  /** one sign a byte, so that places are those of the bytes */
  readonly #bytes: string;

  constructor(sql: string) {
    this.#bytes = toBytes(sql);
  }

  placeOf(at: number): SqlPlace {
    const lines = toText(this.#bytes.slice(0, at)).split("\n");
    return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
  }

  /** The byte after the quoted text or the name that begins at a byte. */
  endOfPiece(at: number): number {
    PIECE.lastIndex = at;
    PIECE.exec(this.#bytes);
    return Math.max(PIECE.lastIndex, at);
  }

  /** The byte after the closing parenthesis of the call whose name begins at a byte. */
  endOfCall(at: number): number {
    let depth = 0;
    for (let start = at; start < this.#bytes.length; ) {
      const end = this.endOfPiece(start);
      const piece = this.#bytes.slice(start, end);
      if (piece === "(") depth++;
      if (piece === ")" && --depth === 0) return end;
      start = end;
    }
    return this.#bytes.length;
  }

  slice(start: number, end: number): string {
    return toText(this.#bytes.slice(start, end));
  }

  /** The query with pieces replaced, none of which lies in another. */
  edit(edits: readonly SqlEdit[]): EditedSql {
    const sorted = [...edits].sort((left, right) => left.start - right.start);
    const moved: { readonly start: number; readonly end: number; readonly written: number }[] = [];
    let bytes = "";
    let from = 0;
    for (const { start, end, text } of sorted) {
      bytes += this.#bytes.slice(from, start);
      moved.push({ start: bytes.length, end: bytes.length + toBytes(text).length, written: start });
      bytes += toBytes(text);
      from = end;
    }
    const toWritten = (at: number): number => {
      const index = moved.findLastIndex(({ start }) => start <= at);
      const before = moved[index];
      if (before === undefined) return at;
      return at < before.end ? before.written : (sorted[index]?.end ?? 0) + at - before.end;
    };
    return { sql: toText(bytes + this.#bytes.slice(from)), toWritten };
  }
}

function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function toText(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
