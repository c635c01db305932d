import { isChart, isMarkdown } from "../cell/output.ts";
import { copyDate } from "../frame/column/moment.ts";
import { copyDanfo, isDanfo } from "../frame/danfo.ts";
import { Frame } from "../frame/frame.ts";

/** About what an object or a list takes by itself. */
const OBJECT_BYTES = 48;
const ITEM_BYTES = 8;

/** Facts about a value that several cells get. */
interface SharedValue {
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

/** Objects found on the way through a value. */
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
    // An object that is frozen now was so before, or is met for the second time.
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
  for (const item of membersOf(each)) {
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

/** Values that can be frozen: lists, object literals, and results of `chart` and `markdown`. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return isChart(value) || isMarkdown(value);
}

export function isObject(value: unknown): value is object {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}

const KINDS: ReadonlySet<unknown> = new Set(
  [Date, Map, Set, ArrayBuffer, DataView, Buffer].map(({ prototype }) => prototype),
);
const TypedArray: unknown = Object.getPrototypeOf(Uint8Array.prototype);

/**
 * Values that freezing does not protect, and that can be copied: dates, maps, sets, bytes, danfo
 * DataFrames.
 */
function isCopied(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (KINDS.has(prototype)) return true;
  // Those of subclasses may be anything.
  if (ArrayBuffer.isView(value)) return Object.getPrototypeOf(prototype) === TypedArray;
  return isDanfo(value);
}

/** Members of a list, an object, a map or a set. */
export function membersOf(value: object): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  return isPlain(value) ? Object.values(value) : [];
}

/** Nested deeper than this, or with more in it than is known, a value is no plain tree. */
const TREE_DEPTH = 100;

/**
 * A copy of a value as far as something in it is to be copied; what is not is shared with it, and
 * what is plain in the copy is frozen.
 *
 * @param count of the lists, objects and so on in it, when each is in it once
 * @internal
 */
export function toOwnCopy(root: object, count: number): unknown {
  const tree = { left: count };
  const copied = copyTree(root, tree, 0);
  return tree.left < 0 ? copyGraph(root) : copied;
}

interface Tree {
  /** so many more objects may follow; below 0: it is no tree */
  left: number;
}

function copyTree(value: unknown, tree: Tree, depth: number): unknown {
  if (!isObject(value)) return value;
  if (depth > TREE_DEPTH) tree.left = -1;
  if (--tree.left < 0) return value;
  const copy = (item: unknown) => copyTree(item, tree, depth + 1);
  if (Array.isArray(value)) return copyList(value, copy);
  if (isPlain(value)) return copyObject(value, copy);
  if (!isCopied(value)) return value;
  const own = toEmptyCopy(value);
  fill([value, own], copy);
  return own;
}

type Copy = (item: unknown) => unknown;

function copyList(list: readonly unknown[], copy: Copy): readonly unknown[] {
  let own: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = copy(list[index]);
    if (item === list[index]) continue;
    own ??= [...list];
    own[index] = item;
  }
  return own === undefined ? list : Object.freeze(own);
}

function copyObject(value: object, copy: Copy): object {
  const items = value as Readonly<Record<string, unknown>>;
  let own: Record<string, unknown> | undefined;
  for (const key of Object.keys(items)) {
    const copied = copy(items[key]);
    if (copied === items[key]) continue;
    own ??= withPrototype({ ...items }, Object.getPrototypeOf(value));
    // A name such as `__proto__` is a name like any other.
    if (key in Object.prototype) Object.defineProperty(own, key, { value: copied });
    else own[key] = copied;
  }
  return own === undefined ? value : Object.freeze(own);
}

function withPrototype<Value extends object>(value: Value, prototype: object | null): Value {
  return prototype === Object.prototype ? value : Object.setPrototypeOf(value, prototype);
}

/** Copies what contains itself, or contains something twice, or is nested deeper than the stack. */
function copyGraph(root: object): unknown {
  const copies = new Map<object, object>();
  const unfilled: (readonly [object, object])[] = [];
  const copy = (value: unknown): unknown => {
    if (!isObject(value) || !(isPlain(value) || isCopied(value))) return value;
    const before = copies.get(value);
    if (before !== undefined) return before;
    const own = toEmptyCopy(value);
    copies.set(value, own);
    unfilled.push([value, own]);
    return own;
  };
  const whole = copy(root);
  for (let next = unfilled.pop(); next !== undefined; next = unfilled.pop()) fill(next, copy);
  return whole;
}

/** The copy itself, but for a list, an object, a map or a set: that is still to be filled. */
function toEmptyCopy(value: object): object {
  if (Array.isArray(value)) return new Array(value.length);
  if (value instanceof Date) return copyDate(value);
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  if (isPlain(value)) return Object.create(Object.getPrototypeOf(value));
  return isDanfo(value) ? copyDanfo(value) : copyBytes(value);
}

/** Of bytes only those that are seen: a small buffer may be a window into a large one. */
function copyBytes(value: object): object {
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (ArrayBuffer.isView(value) && "slice" in value) return (value as Uint8Array).slice();
  return structuredClone(value);
}

function fill([from, to]: readonly [object, object], copy: Copy): void {
  if (from instanceof Map && to instanceof Map) {
    for (const [key, value] of from) to.set(copy(key), copy(value));
  } else if (from instanceof Set && to instanceof Set) {
    for (const value of from) to.add(copy(value));
  } else if (isPlain(from)) {
    const names = Reflect.ownKeys(from).filter((key) => key !== "length" || !Array.isArray(from));
    for (const key of names) {
      const value = copy(Reflect.get(from, key));
      Object.defineProperty(to, key, { value, enumerable: true });
    }
    Object.freeze(to);
  }
}
