import type { CellDefinition } from "../../src/cell/cell.ts";
import type { CellSource } from "../../src/source/cell-sources.ts";
import type { LoadedCells } from "../../src/source/load-cells.ts";

interface WrittenCell {
  readonly after?: readonly string[];
  /** inputs that are part of its frame's key */
  readonly key?: readonly string[];
  readonly is: unknown;
}

/** A project's cells written in a test: each cell names those it depends on by their names. */
export function inMemoryCells(
  definitions: Readonly<Record<string, WrittenCell>>,
): LoadedCells & { readonly loaded: readonly string[] } {
  const loaded: string[] = [];
  const cells = Object.entries(definitions).map(([name, written]) => toSource(name, written));
  return {
    cells,
    loaded,
    async load(name) {
      loaded.push(name);
      return definitions[name]?.is as CellDefinition;
    },
    files: [],
    dataFolders: [],
    loadedByNode: "",
    sourcePlace: () => undefined,
  };
}

function toSource(name: string, { after = [], key, is }: WrittenCell): CellSource {
  const cell = is as CellDefinition;
  return {
    name,
    file: `cells/${name}.ts`,
    kind: cell.kind,
    dependencies: after,
    named: Object.fromEntries(after.map((each) => [each, each])),
    hash: "",
    ownCode: "",
    codeHash: "",
    dataFiles: [],
    readsCsv: true,
    ...(cell.kind === "cached" ? { frame: cell.frame } : {}),
    ...(key === undefined ? {} : { keyInputs: key }),
  };
}
