/** Lists, structs and maps of Parquet as JSON texts, put together from the levels of their parts. */
import type { SchemaTree } from "hyparquet";
import { buildColumn } from "../column/column-build.ts";
import type { ColumnData } from "../column/column-data.ts";
import { toJsonScalar } from "../json.ts";
import type { ReadColumn } from "./parquet-column.ts";
import { levelsBelow, type ParquetLeaf, type ParquetSource } from "./parquet-file.ts";
import { openLeaf } from "./parquet-leaf.ts";
import type { DataPage, Levels } from "./parquet-pages.ts";
import { readRuns } from "./parquet-runs.ts";
import { type Reading, readLeaf, takeValues } from "./parquet-take.ts";

/**
 * Reads a column of lists, structs or maps as JSON: lists and structs as such, a map as a list of
 * pairs, as `readArrow` has it, whole numbers with all digits, other values as `frameToJson` has them.
 */
export async function readNested(around: Reading, source: ParquetSource): Promise<ReadColumn> {
  const cursors = new Map<SchemaTree, LeafCursor>();
  for (const leaf of source.leaves) {
    cursors.set(
      leaf.tree,
      await openCursor(around, leaf, `${source.name}.${leaf.tree.element.name}`),
    );
  }
  const top = { repetition: 0, definition: 0 };
  const part = toPart(source.tree, top, cursors);
  const { rows } = around.footer;
  const texts = new Array<string | null>(rows);
  for (let row = 0; row < rows; row++) {
    const text = part.next();
    texts[row] = text === "null" ? null : text;
  }
  if (!part.leaves.every((cursor) => cursor.isAtEnd))
    throw new RangeError("a list has values left");
  around.reading.why ??= "it is JSON of lists, structs or maps of Parquet";
  return { type: "string", data: buildColumn(source.name, "string", texts) };
}

/** The values of a leaf with their levels, one after the other. */
class LeafCursor {
  readonly #data: ColumnData;
  readonly #definitions: Uint8Array;
  readonly #repetitions: Uint8Array;
  readonly #most: number;
  #at = 0;
  #value = 0;

  constructor(data: ColumnData, definitions: Uint8Array, repetitions: Uint8Array, most: number) {
    this.#data = data;
    this.#definitions = definitions;
    this.#repetitions = repetitions;
    this.#most = most;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#definitions.length;
  }

  /** How deep the next value is there. */
  get definition(): number {
    const level = this.#definitions[this.#at];
    if (level === undefined) throw new RangeError("a list ends before its rows do");
    return level;
  }

  /** How deep the next value goes on with the list before it; −1 at the end. */
  get repetition(): number {
    return this.#repetitions[this.#at] ?? -1;
  }

  /** Passes over the next value, and gives its JSON. */
  take(): string {
    const isThere = this.definition === this.#most;
    this.#at++;
    if (!isThere) return "null";
    const value = this.#data.at(this.#value++) ?? null;
    return typeof value === "bigint" ? String(value) : JSON.stringify(toJsonScalar(value));
  }
}

async function openCursor(around: Reading, leaf: ParquetLeaf, name: string): Promise<LeafCursor> {
  const { levels, chunks } = leaf;
  const count = chunks.reduce((sum, { num_values }) => sum + Number(num_values), 0);
  const definitions = new Uint8Array(count);
  const repetitions = new Uint8Array(count);
  const column = openLeaf(leaf.kind, count, around.reading);
  let seen = 0;
  const take = (page: DataPage) => {
    const end = seen + page.count;
    if (end > count) throw new RangeError("its pages hold more values than told");
    const own = {
      definitions: definitions.subarray(seen, end),
      repetitions: repetitions.subarray(seen, end),
    };
    if (page.definition) readRuns(page.definition, own.definitions);
    if (page.repetition) readRuns(page.repetition, own.repetitions);
    seen = end;
    const rows = countOf(own.definitions, levels.definition);
    takeValues(column, leaf, page, { rows, present: undefined });
    return countOf(own.repetitions, 0);
  };
  await readLeaf(around, leaf, { column, name, take, counts: around.footer.groupRows });
  return new LeafCursor(column.finish().data, definitions, repetitions, levels.definition);
}

function countOf(levels: Uint8Array, level: number): number {
  let count = 0;
  for (const each of levels) if (each === level) count++;
  return count;
}

/** A part of a column that gives the JSON of one value after the other. */
interface Part {
  readonly leaves: readonly LeafCursor[];
  next(): string;
}

function toPart(
  tree: SchemaTree,
  above: Levels,
  cursors: ReadonlyMap<SchemaTree, LeafCursor>,
): Part {
  const levels = levelsBelow(tree, above);
  const { repetition_type: repetition } = tree.element;
  if (repetition === "REPEATED") return toList(toOne(tree, levels, cursors), levels);
  const one = toOne(tree, levels, cursors);
  return repetition === "OPTIONAL" ? toOptional(one, levels) : one;
}

/** A part as it is where it is there. */
function toOne(
  tree: SchemaTree,
  levels: Levels,
  cursors: ReadonlyMap<SchemaTree, LeafCursor>,
): Part {
  const cursor = cursors.get(tree);
  if (cursor !== undefined) return { leaves: [cursor], next: () => cursor.take() };
  const [child, ...others] = tree.children;
  const isList = isListOrMap(tree) && others.length === 0;
  if (isList && child?.element.repetition_type === "REPEATED") {
    const below = levelsBelow(child, levels);
    const [item, ...more] = child.children;
    if (isMap(tree) && more.length === 1) return toList(toPair(child, below, cursors), below);
    const isWrapped = item !== undefined && more.length === 0 && !isItem(tree, child);
    const part = isWrapped ? toPart(item, below, cursors) : toOne(child, below, cursors);
    return toList(part, below);
  }
  const parts = tree.children.map((each) => toPart(each, levels, cursors));
  const keys = tree.children.map(({ element }) => JSON.stringify(element.name));
  return {
    leaves: parts.flatMap(({ leaves }) => leaves),
    next: () => `{${parts.map((part, index) => `${keys[index]}:${part.next()}`).join(",")}}`,
  };
}

function annotationOf({ element }: SchemaTree): string {
  return element.logical_type?.type ?? element.converted_type ?? "";
}

function isListOrMap(tree: SchemaTree): boolean {
  return annotationOf(tree) === "LIST" || isMap(tree);
}

/** Old writers name maps after their repeated part. */
function isMap(tree: SchemaTree): boolean {
  return ["MAP", "MAP_KEY_VALUE"].includes(annotationOf(tree));
}

/** A key and its value, whatever they are named. */
function toPair(
  entry: SchemaTree,
  levels: Levels,
  cursors: ReadonlyMap<SchemaTree, LeafCursor>,
): Part {
  const parts = entry.children.map((each) => toPart(each, levels, cursors));
  return {
    leaves: parts.flatMap(({ leaves }) => leaves),
    next: () => `[${parts.map((part) => part.next()).join(",")}]`,
  };
}

/** Whether the repeated part of a list is its item, as old writers have it, and does not wrap one. */
function isItem(list: SchemaTree, { element }: SchemaTree): boolean {
  return element.name === "array" || element.name === `${list.element.name}_tuple`;
}

/** The items of a list, of which levels tell where it ends. */
function toList(item: Part, { repetition, definition }: Levels): Part {
  const { leaves } = item;
  return {
    leaves,
    next() {
      const [first] = leaves;
      if (first === undefined) throw new RangeError("a list has no values");
      if (first.definition < definition) {
        for (const leaf of leaves) leaf.take();
        return "[]";
      }
      const items = [item.next()];
      while (first.repetition === repetition) items.push(item.next());
      return `[${items.join(",")}]`;
    },
  };
}

function toOptional(part: Part, { definition }: Levels): Part {
  const { leaves } = part;
  return {
    leaves,
    next() {
      if ((leaves[0]?.definition ?? 0) >= definition) return part.next();
      for (const leaf of leaves) leaf.take();
      return "null";
    },
  };
}
