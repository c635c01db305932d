import { expect } from "vitest";
import { dictionaryOf } from "../../src/frame/column/column-data.ts";
import type { Frame } from "../../src/frame/frame.ts";
import { COLUMN_TYPES } from "../../src/frame/schema.ts";

const SHAPES = ["one column", "no rows", "missing values", "texts without a dictionary"] as const;

type Kind = (typeof COLUMN_TYPES)[number] | (typeof SHAPES)[number];

/** Counts how many of the frames of a test are of each kind; some are of several. */
export class FrameKinds {
  readonly #counts = new Map<Kind, number>([...COLUMN_TYPES, ...SHAPES].map((kind) => [kind, 0]));

  add(frame: Frame): void {
    for (const kind of kindsOf(frame)) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  /** Expects that there were some of every kind, and tells how many. */
  expectAll(): void {
    const counts = Object.fromEntries(this.#counts);
    console.log(`Of the frames: ${JSON.stringify(counts)}`);
    expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([]);
  }
}

function kindsOf(frame: Frame): Set<Kind> {
  const columns = frame.columns();
  const kinds = new Set<Kind>(columns.map(({ type }) => type));
  if (columns.length === 1) kinds.add("one column");
  if (frame.numRows === 0) kinds.add("no rows");
  if (columns.some(({ data }) => data.nullCount > 0)) kinds.add("missing values");
  const isPlain = columns.some(({ type, data }) => type === "string" && !dictionaryOf(data));
  if (isPlain) kinds.add("texts without a dictionary");
  return kinds;
}
