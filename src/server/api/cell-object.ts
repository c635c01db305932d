import { v5 } from "uuid";
import type { DescribedCell } from "../../project/project-description.ts";

type HexCellType = "CODE" | "SQL" | "MARKDOWN" | "INPUT";

const CELL_TYPES: Readonly<Record<DescribedCell["kind"], HexCellType>> = {
  cell: "CODE",
  cached: "CODE",
  sql: "SQL",
  prose: "MARKDOWN",
  input: "INPUT",
};

/** A cell's id: the same as long as the project's id and the cell's name are. */
export function toCellId({ name }: Pick<DescribedCell, "name">, projectId: string): string {
  return v5(name, projectId);
}

/** A cell as Hex's API tells it. An input, which is code here, shows its code. */
export function toCellObject(cell: DescribedCell, projectId: string) {
  const id = toCellId(cell, projectId);
  const { name, title, kind, source } = cell;
  const isCode = kind === "cell" || kind === "cached" || kind === "input";
  return {
    id,
    staticId: id,
    cellType: CELL_TYPES[kind],
    label: title ?? name,
    dataConnectionId: null,
    contents: {
      codeCell: isCode ? { source } : null,
      sqlCell: kind === "sql" ? { source, outputDataframe: name } : null,
      markdownCell: kind === "prose" ? { source } : null,
    },
    projectId,
  };
}
