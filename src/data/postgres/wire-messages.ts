/** The messages of PostgreSQL's protocol (version 3) that a query takes, as bytes. */

/** The first byte of each message that the server sends. */
export const REPLY = {
  bindComplete: 0x32,
  commandComplete: 0x43,
  dataRow: 0x44,
  emptyQuery: 0x49,
  error: 0x45,
  noData: 0x6e,
  parameterTypes: 0x74,
  ready: 0x5a,
  rowDescription: 0x54,
} as const;

/** A column of a result, as the server describes it. */
export interface WireColumn {
  readonly name: string;
  /** the object id of its type */
  readonly type: number;
  /** what the type is further: of a numeric its digits; −1 when nothing */
  readonly modifier: number;
}

/** How a value comes: as PostgreSQL's text, or as the bytes of its type. */
export type WireFormat = "text" | "binary";

/** A refusal of the server, by its fields. */
export class ServerError extends Error {
  /** the five signs of SQLSTATE */
  readonly code: string;
  readonly hint: string | undefined;
  readonly detail: string | undefined;
  /** the character of the statement, from 1 */
  readonly position: number | undefined;

  constructor(fields: ReadonlyMap<string, string>) {
    super(fields.get("M") ?? "an error without a message");
    this.code = fields.get("C") ?? "";
    this.hint = fields.get("H");
    this.detail = fields.get("D");
    const position = Number(fields.get("P"));
    this.position = Number.isInteger(position) ? position : undefined;
  }
}

/** A statement without a name, to be described and bound. */
export function parseMessage(sql: string): Buffer {
  return message("P", [Buffer.from([0]), text(sql), int16(0)]);
}

/** Asks for the types of the statement's parameters and columns. */
export function describeMessage(): Buffer {
  return message("D", [Buffer.from("S\0")]);
}

/** Gives the parameters as texts, and says how each column is to come. */
export function bindMessage(
  parameters: readonly (string | null)[],
  formats: readonly WireFormat[],
): Buffer {
  const values = parameters.flatMap((each) => {
    if (each === null) return [int32(-1)];
    const bytes = Buffer.from(each);
    return [int32(bytes.length), bytes];
  });
  return message("B", [
    Buffer.from([0, 0]),
    int16(0),
    int16(parameters.length),
    ...values,
    int16(formats.length),
    ...formats.map((format) => int16(format === "binary" ? 1 : 0)),
  ]);
}

/** Asks for all rows. */
export function executeMessage(): Buffer {
  return message("E", [Buffer.from([0]), int32(0)]);
}

/** Ends what belongs together: the server answers with "ready". */
export function syncMessage(): Buffer {
  return message("S", []);
}

/** The end of the session. */
export function terminateMessage(): Buffer {
  return message("X", []);
}

function message(kind: string, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(kind), int32(body.length + 4), body]);
}

function int16(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(number);
  return bytes;
}

function int32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

/** The body of a message: it lies in a buffer that is used again. */
export interface WireBody {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export function readColumns({ bytes, start }: WireBody): WireColumn[] {
  const columns: WireColumn[] = [];
  let at = start + 2;
  for (let count = bytes.readUInt16BE(start); count > 0; count--) {
    const nameEnd = bytes.indexOf(0, at);
    const name = bytes.toString("utf8", at, nameEnd);
    // Its table and place in it (6 bytes), type, size (2), modifier, format (2).
    const type = bytes.readUInt32BE(nameEnd + 7);
    columns.push({ name, type, modifier: bytes.readInt32BE(nameEnd + 13) });
    at = nameEnd + 19;
  }
  return columns;
}

export function readParameterTypes({ bytes, start }: WireBody): number[] {
  const count = bytes.readUInt16BE(start);
  return Array.from({ length: count }, (_, index) => bytes.readUInt32BE(start + 2 + 4 * index));
}

/** The texts of a row. */
export function readTexts({ bytes, start }: WireBody): (string | null)[] {
  let at = start + 2;
  return Array.from({ length: bytes.readUInt16BE(start) }, () => {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) return null;
    at += length;
    return bytes.toString("utf8", at - length, at);
  });
}

export function readServerError({ bytes, start, end }: WireBody): ServerError {
  const fields = new Map<string, string>();
  for (let at = start; at < end && bytes[at] !== 0; ) {
    const valueEnd = bytes.indexOf(0, at);
    fields.set(String.fromCharCode(Number(bytes[at])), bytes.toString("utf8", at + 1, valueEnd));
    at = valueEnd + 1;
  }
  return new ServerError(fields);
}
