import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import { expectation, type HexError } from "../../errors.ts";
import { openArrow } from "../../frame/arrow/arrow-file.ts";
import { frameToArrow } from "../../frame/arrow/arrow-write.ts";
import { type AnyFrame, Frame } from "../../frame/frame.ts";
import { toSha256 } from "../../sha256.ts";
import { DocumentKind, type DocumentPlace, documentName } from "../../store/document.ts";
import { partsPrefix } from "../../store/key.ts";
import type { Store, StoreOptions } from "../../store/store.ts";

/** Through which objects the processes that compute the parts of one frame speak to each other. */
export interface PartsExchange {
  readonly store: Store;
  readonly runId: string;
  readonly attempt: number;
  /** the cell whose work is split */
  readonly cell: string;
  /** the frame that the parts are joined to */
  readonly frame: string;
}

/** Arguments of every part function: its part, and the values of the cells above. */
interface PartsWork {
  readonly parts: readonly unknown[];
  readonly values: Readonly<Record<string, unknown>>;
}

const MOST_PARTS = 10_000;

const HINT = "start the run again";

const works = new DocumentKind({
  schema: v.strictObject({
    parts: v.array(v.unknown()),
    values: v.record(v.string(), v.unknown()),
    frames: v.array(v.strictObject({ name: v.string(), sha256: v.string() })),
  }),
  cure: HINT,
});

const PartOutcome = v.variant("status", [
  v.strictObject({
    status: v.literal("computed"),
    lines: v.array(v.string()),
    sha256: v.string(),
  }),
  v.strictObject({
    status: v.literal("failed"),
    lines: v.array(v.string()),
    code: v.string(),
    message: v.string(),
  }),
]);

/** Result of a part, and its log. */
export type PartOutcome = Readonly<v.InferOutput<typeof PartOutcome>>;

const outcomes = new DocumentKind({ schema: PartOutcome, cure: HINT });

/**
 * Writes what the part functions get; frames among the values become objects of their own.
 * @throws {HexError} HEX_CELL_FAILED for parts or values that another process could not get unchanged
 */
export async function writePartsWork(
  exchange: PartsExchange,
  { parts, values }: PartsWork,
  options: StoreOptions,
): Promise<void> {
  const { cell } = exchange;
  if (parts.length === 0 || parts.length > MOST_PARTS) {
    throw expectation("HEX_CELL_FAILED", {
      place: `the parts of cell ${cell}`,
      expected: `a list of 1 to ${MOST_PARTS} parts`,
      got: `${parts.length}`,
      hint: "the first function of over(…) gives them",
    });
  }
  for (const [index, part] of parts.entries()) checkPlain(part, `part ${index} of cell ${cell}`);
  const frames: { readonly name: string; readonly sha256: string }[] = [];
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value instanceof Frame) {
      const sha256 = await writeArrow(exchange, `value-${frames.length}`, value);
      frames.push({ name, sha256 });
    } else {
      checkPlain(value, `the value ${name} that the parts of cell ${cell} get`);
      plain[name] = value;
    }
  }
  await workOf(exchange).write({ parts: [...parts], values: plain, frames }, options);
}

/** Reads what the part functions get. @throws {HexError} HEX_STORE_DAMAGED when it is not there */
export async function readPartsWork(
  exchange: PartsExchange,
  options: StoreOptions,
): Promise<PartsWork> {
  const document = workOf(exchange);
  const found = await document.read(options);
  if (found === undefined) throw damaged(document, "nothing");
  const { parts, values, frames } = found.value;
  const read = frames.map(async ({ name, sha256 }, index) => {
    const frame = await readArrow(exchange, { name: `value-${index}`, sha256 }, options);
    return [name, frame] as const;
  });
  return { parts, values: { ...values, ...Object.fromEntries(await Promise.all(read)) } };
}

/** Writes the frame of a part, then that it is there. */
export async function writePartFrame(
  exchange: PartsExchange,
  index: number,
  { frame, lines }: { readonly frame: AnyFrame; readonly lines: readonly string[] },
): Promise<void> {
  const sha256 = await writeArrow(exchange, `${index}`, frame);
  await writeOutcome(exchange, index, { status: "computed", lines: [...lines], sha256 });
}

export async function writeOutcome(
  exchange: PartsExchange,
  index: number,
  outcome: PartOutcome,
): Promise<void> {
  await outcomeOf(exchange, index).write(outcome);
}

/** Result of a part; undefined when there is none yet. */
export async function readOutcome(
  exchange: PartsExchange,
  index: number,
  options: StoreOptions,
): Promise<PartOutcome | undefined> {
  return (await outcomeOf(exchange, index).read(options))?.value;
}

/** Reads the frame of a part that was computed. @throws {HexError} HEX_STORE_DAMAGED when it is another */
export function readPartFrame(
  exchange: PartsExchange,
  { index, sha256 }: { readonly index: number; readonly sha256: string },
  options: StoreOptions,
): Promise<Frame> {
  return readArrow(exchange, { name: `${index}`, sha256 }, options);
}

/** Removes everything that was exchanged. */
export async function removeParts({ store, ...exchange }: PartsExchange): Promise<void> {
  for await (const { key } of store.list(prefixOf(exchange))) await store.delete(key);
}

function workOf(exchange: PartsExchange) {
  return works.at(exchange.store, `${prefixOf(exchange)}work.json`);
}

function outcomeOf(exchange: PartsExchange, index: number) {
  return outcomes.at(exchange.store, `${prefixOf(exchange)}${index}.json`);
}

function prefixOf({ runId, attempt, frame }: Omit<PartsExchange, "store">): string {
  return partsPrefix(runId, attempt, frame);
}

/** Refuses values that JSON would change, here, where the value can be named. */
function checkPlain(value: unknown, place: string): void {
  const text: string | undefined = JSON.stringify(value);
  if (text !== undefined && isDeepStrictEqual(JSON.parse(text), value)) return;
  throw expectation("HEX_CELL_FAILED", {
    place,
    expected: "a frame or plain JSON, which another process can get",
    got: text === undefined ? typeof value : "what JSON does not keep, such as a date or NaN",
    hint: "hand on texts, numbers, lists and plain objects",
  });
}

async function writeArrow(
  { store, ...exchange }: PartsExchange,
  name: string,
  frame: AnyFrame,
): Promise<string> {
  const body = frameToArrow(frame);
  const sha256 = toSha256(body);
  await store.write(toArrowKey(exchange, { name, sha256 }), body);
  return sha256;
}

async function readArrow(
  { store, ...exchange }: PartsExchange,
  named: NamedFrame,
  options: StoreOptions,
): Promise<Frame> {
  const key = toArrowKey(exchange, named);
  const object = await store.read(key, options);
  const { location } = store;
  if (object === undefined) throw damaged({ key, location }, "nothing");
  if (toSha256(object.body) !== named.sha256) throw damaged({ key, location }, "other bytes");
  return (await openArrow(object.body)).frame;
}

interface NamedFrame {
  readonly name: string;
  readonly sha256: string;
}

/** By its contents: a process that was thought dead cannot change what another one has told of. */
function toArrowKey(exchange: Omit<PartsExchange, "store">, { name, sha256 }: NamedFrame): string {
  return `${prefixOf(exchange)}${name}-${sha256.slice(0, 16)}.arrow`;
}

function damaged({ key, location }: DocumentPlace, got: string): HexError {
  return expectation("HEX_STORE_DAMAGED", {
    place: documentName({ key, location }),
    expected: "as it was written while the parts of its frame are computed",
    got,
    hint: HINT,
  });
}
