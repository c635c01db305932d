import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";

/** A place in a file; line and column count from 1. */
export interface FilePosition {
  /** absolute */
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** Leads back from a place in compiled code. Undefined where the map knows nothing. */
export function toOriginal(
  map: string,
  { line, column }: { readonly line: number; readonly column: number },
): FilePosition | undefined {
  return findOriginal(new SourceMap(JSON.parse(map)), line, column);
}

/** Compiled modules lie in `modules/<hash>/source/`, each with its map beside it. */
const COMPILED = /[\\/]modules[\\/][0-9a-f]{32}[\\/]source[\\/].+\.mjs$/;

const maps = new Map<string, SourceMap | undefined>();

/** Leads back from a place in a compiled module on disk; undefined for every other file. */
export function findSource(path: string, line: number, column: number): FilePosition | undefined {
  const map = findMap(path);
  return map && findOriginal(map, line, column);
}

/** The file that a compiled module on disk was made from; undefined for every other file. */
export function findSourcePath(path: string): string | undefined {
  return findMap(path)?.payload.sources[0];
}

function findMap(path: string): SourceMap | undefined {
  if (!COMPILED.test(path)) return undefined;
  if (!maps.has(path)) maps.set(path, readMap(`${path}.map`));
  return maps.get(path);
}

function findOriginal(map: SourceMap, line: number, column: number): FilePosition | undefined {
  const entry = map.findEntry(line - 1, column - 1);
  if (!("originalSource" in entry)) return undefined;
  const { originalSource: path, originalLine, originalColumn } = entry;
  return { path, line: originalLine + 1, column: originalColumn + 1 };
}

/** A map that cannot be read must not hide the error whose place is looked for. */
function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}
