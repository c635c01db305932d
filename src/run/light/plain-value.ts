import { isChart, isMarkdown } from "../../cell/output.ts";
import { Frame } from "../../frame/frame.ts";

/** About what an object or a list takes by itself. */
const OBJECT_BYTES = 48;
const ITEM_BYTES = 8;

/** What is known of a value that is to be handed out more than once. */
export interface SharedValue {
  /** about how much memory it takes, without its frames */
  readonly sizeBytes: number;
  readonly frames: readonly Frame[];
}

/**
 * Makes sure that nobody can change a value: what is plain in it is frozen, as deep as it goes.
 * Undefined for what cannot be frozen: dates, and objects of classes other than ours.
 */
export function shareValue(value: unknown): SharedValue | undefined {
  const frames: Frame[] = [];
  const plain = new Set<object>();
  let sizeBytes = 0;
  // No recursion: what a cell gives may be nested deeper than the stack.
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const each = waiting.pop();
    sizeBytes += sizeOf(each);
    if (each instanceof Frame) frames.push(each);
    if (!isObject(each) || each instanceof Frame || plain.has(each)) continue;
    if (!isPlain(each)) return undefined;
    plain.add(each);
    for (const item of Object.values(each)) waiting.push(item);
  }
  // Only once it is known that all of it can be.
  for (const each of plain) Object.freeze(each);
  return { sizeBytes, frames };
}

function isObject(value: unknown): value is object {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}

function sizeOf(value: unknown): number {
  if (typeof value === "string") return ITEM_BYTES + 2 * value.length;
  return typeof value === "object" ? OBJECT_BYTES : ITEM_BYTES;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value) || isChart(value) || isMarkdown(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
