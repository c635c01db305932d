import type { CellDefinition } from "../../src/cell/cell.ts";
import type { CellSource, LoadedCells } from "../../src/source/load-cells.ts";

/** A project's cells written in a test: each cell names those it depends on by their names. */
export function inMemoryCells(
  definitions: Readonly<
    Record<string, { readonly after?: readonly string[]; readonly is: unknown }>
  >,
): LoadedCells & { readonly loaded: readonly string[] } {
  const loaded: string[] = [];
  const cells = Object.entries(definitions).map(([name, { after = [], is }]) =>
    toSource(name, after, is as CellDefinition),
  );
  return {
    cells,
    loaded,
    async load(name) {
      loaded.push(name);
      return definitions[name]?.is as CellDefinition;
    },
    sourcePlace: () => undefined,
  };
}

function toSource(name: string, dependencies: readonly string[], cell: CellDefinition): CellSource {
  return {
    name,
    file: `cells/${name}.ts`,
    kind: cell.kind,
    dependencies,
    named: Object.fromEntries(dependencies.map((each) => [each, each])),
    hash: "",
    codeHash: "",
    ...(cell.kind === "cached" ? { frame: cell.frame } : {}),
  };
}
