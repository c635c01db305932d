import type { FastifyInstance } from "fastify";
import { v5 } from "uuid";
import type { DescribedCell } from "../../project/project-description.ts";
import { HttpFailure } from "../http-failure.ts";
import { type Query, readOne, readWholeNumber } from "../query.ts";
import type { Served } from "../served.ts";
import { API, PAGE_LIMIT, readUuid } from "./addresses.ts";

/** ListCells and GetCell: the cells as their files are now. */
export function addCellRoutes(app: FastifyInstance, served: Served): void {
  const config = { auth: "read", errors: "message" } as const;
  app.get(`${API}/cells`, { config }, async (request) => listCells(request.query as Query, served));
  app.get(`${API}/cells/:cellId`, { config }, async (request) => {
    const { cellId } = request.params as { readonly cellId?: string };
    const id = readUuid(cellId, "cell id");
    const { cells } = await served.project.read();
    const cell = cells.find((each) => toCellId(each, served.projectId) === id);
    if (cell !== undefined) return toCellObject(cell, served.projectId);
    throw new HttpFailure(404, "Expected the id of a cell that this token may see, got another");
  });
}

/** Pages go by the ids of their first and last cells. */
async function listCells(query: Query, { project, projectId }: Served) {
  if (readUuid(readOne(query, "projectId"), "projectId") !== projectId) {
    throw new HttpFailure(404, "Expected the id of a project that this token may see, got another");
  }
  const limit = readWholeNumber(query, "limit", PAGE_LIMIT);
  const { cells } = await project.read();
  const objects = cells.map((cell) => toCellObject(cell, projectId));
  const after = findPlace(objects, query, "after");
  const before = findPlace(objects, query, "before");
  const start = after !== undefined ? after + 1 : Math.max(0, (before ?? limit) - limit);
  const values = objects.slice(start, Math.min(start + limit, before ?? objects.length));
  return {
    values,
    pagination: {
      after: start + values.length < objects.length ? (values.at(-1)?.id ?? null) : null,
      before: start > 0 ? (values[0]?.id ?? null) : null,
    },
  };
}

/** The index of a cursor's cell; undefined without a cursor. */
function findPlace(
  cells: readonly { readonly id: string }[],
  query: Query,
  cursor: "after" | "before",
): number | undefined {
  const id = readOne(query, cursor);
  if (id === undefined || id === "") return undefined;
  const place = cells.findIndex((cell) => cell.id === id);
  if (place >= 0) return place;
  throw new HttpFailure(
    400,
    `Expected ${cursor} to be what a page of cells gave, got another text`,
  );
}

type HexCellType = "CODE" | "SQL" | "MARKDOWN" | "INPUT";

const CELL_TYPES: Readonly<Record<DescribedCell["kind"], HexCellType>> = {
  cell: "CODE",
  cached: "CODE",
  sql: "SQL",
  prose: "MARKDOWN",
  input: "INPUT",
};

/** A cell's id: the same as long as the project's id and the cell's name are. */
function toCellId({ name }: Pick<DescribedCell, "name">, projectId: string): string {
  return v5(name, projectId);
}

/** A cell in the form of Hex's API. An input, which is code here, shows its code. */
function toCellObject(cell: DescribedCell, projectId: string) {
  const id = toCellId(cell, projectId);
  const { name, title, kind, source } = cell;
  const isSql = cell.file.endsWith(".sql");
  const isCode = !isSql && (kind === "cell" || kind === "cached" || kind === "input");
  return {
    id,
    staticId: id,
    cellType: isSql ? "SQL" : CELL_TYPES[kind],
    label: title ?? name,
    dataConnectionId: null,
    contents: {
      codeCell: isCode ? { source } : null,
      sqlCell: isSql ? { source, outputDataframe: name } : null,
      markdownCell: kind === "prose" ? { source } : null,
    },
    projectId,
  };
}
