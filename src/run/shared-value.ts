import { isDanfo } from "../frame/danfo.ts";
import { Frame } from "../frame/frame.ts";
import { isCopied, isObject, isPlain, partsOf, toOwnCopy } from "./own-copy.ts";

/** About what an object or a list takes by itself. */
const OBJECT_BYTES = 48;
const ITEM_BYTES = 8;

/** What is known of a value that is handed to several readers. */
export interface SharedValue {
  /** about how much memory it takes, without its frames */
  readonly sizeBytes: number;
  readonly frames: readonly Frame[];
  /**
   * whether no reader can change it for others; false where it holds functions or objects of classes
   * that nothing is known of, which are handed as they are
   */
  readonly isSafe: boolean;
  /** The value as one reader gets it. */
  handOver(): unknown;
}

/** By the outermost object: what is frozen need not be looked through again. */
const known = new WeakMap<object, SharedValue>();

/**
 * Makes sure that no reader of a value changes it for others: what is plain in it is frozen, as deep
 * as it goes. Dates, maps, sets, bytes and DataFrames cannot be: each reader gets its own copy.
 */
export function shareValue(value: unknown): SharedValue {
  if (!isObject(value)) {
    return { sizeBytes: sizeOf(value), frames: [], isSafe: true, handOver: () => value };
  }
  const before = known.get(value);
  if (before !== undefined) return before;
  const shared = freezeAll(value);
  known.set(value, shared);
  return shared;
}

/** What is found on the way through a value. */
interface Walk {
  readonly waiting: object[];
  readonly frames: Frame[];
  /** those that freezing does not mark */
  readonly seen: Set<object>;
  sizeBytes: number;
  isSafe: boolean;
  hasCopied: boolean;
  /** of the objects that were looked into */
  count: number;
}

function freezeAll(root: object): SharedValue {
  const walk: Walk = {
    waiting: [root],
    frames: [],
    seen: new Set(),
    sizeBytes: OBJECT_BYTES,
    isSafe: true,
    hasCopied: false,
    count: 0,
  };
  // No recursion: what a cell gives may be nested deeper than the stack.
  for (let each = walk.waiting.pop(); each !== undefined; each = walk.waiting.pop()) {
    visit(each, walk);
  }
  const { sizeBytes, frames, isSafe, hasCopied, count } = walk;
  const handOver = () => (hasCopied ? toOwnCopy(root, count) : root);
  return { sizeBytes, frames, isSafe, handOver };
}

function visit(each: object, walk: Walk): void {
  walk.count += 1;
  if (each instanceof Frame) {
    walk.frames.push(each);
  } else if (isPlain(each)) {
    // Whatever is frozen now was so before, or is met for the second time.
    if (Object.isFrozen(each) && !isNew(each, walk)) return;
    Object.freeze(each);
    lookInto(each, walk);
  } else if (isCopied(each)) {
    if (!isNew(each, walk)) return;
    walk.hasCopied = true;
    walk.sizeBytes += bytesOf(each);
    lookInto(each, walk);
  } else {
    walk.isSafe = false;
  }
}

function isNew(each: object, { seen }: Walk): boolean {
  if (seen.has(each)) return false;
  seen.add(each);
  return true;
}

function lookInto(each: object, walk: Walk): void {
  for (const item of partsOf(each)) {
    walk.sizeBytes += sizeOf(item);
    if (isObject(item)) walk.waiting.push(item);
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === "string") return ITEM_BYTES + 2 * value.length;
  return typeof value === "object" ? OBJECT_BYTES : ITEM_BYTES;
}

function bytesOf(each: object): number {
  if (isDanfo(each)) return ITEM_BYTES * (each.shape[0] ?? 0) * each.columns.length;
  return "byteLength" in each && typeof each.byteLength === "number" ? each.byteLength : 0;
}
