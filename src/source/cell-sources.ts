import type { CellNode } from "../cell/cell-node.ts";
import { parseCellOptions, toSnakeCase } from "../cell/cell-options.ts";
import type { InputWidget } from "../cell/input-widget.ts";
import type { SchemaSpec } from "../frame/schema.ts";
import { toSha256 } from "../sha256.ts";
import type { CellFacts } from "./cell-facts.ts";
import type { CellIndex, IndexedCell } from "./cell-index.ts";
import { toCodeHashes } from "./code-hash.ts";
import { listDataFiles } from "./list-data-files.ts";

/** A cell as its source tells it. */
export interface CellSource extends CellNode {
  /** from the options, where it is written out */
  readonly title?: string;
  /** key in the cell's own code -> name of the cell, in the order written */
  readonly named: Readonly<Record<string, string>>;
  /** with defaults filled in, when it can be read without evaluating */
  readonly widget?: InputWidget;
  /** the columns that a cached cell declares; "elsewhere" where only its module tells them */
  readonly schema?: SchemaSpec | "elsewhere";
  /** of the file's own content */
  readonly hash: string;
  /**
   * files that it names or watches, below the project's folder, sorted; a folder stands for the files
   * in it
   */
  readonly dataFiles: readonly string[];
  /** whether its code may call `readCsv`; false only when it surely does not */
  readonly readsCsv: boolean;
  /** over its code with everything that it loads, without the cells above it */
  readonly ownCode: string;
  /** over its own code and that of all cells above it */
  readonly codeHash: string;
}

interface CellSources {
  readonly cells: readonly CellSource[];
  /** folders whose files are data of cells */
  readonly dataFolders: readonly string[];
}

/**
 * Puts together what is known of each cell.
 * @throws {HexError} HEX_CELL_INVALID with the option and the file
 */
export async function readCellSources(
  index: CellIndex,
  facts: ReadonlyMap<string, CellFacts>,
  { projectDirectory }: { readonly projectDirectory: string },
): Promise<CellSources> {
  const read = await Promise.all(
    index.cells.map((cell) => toSource(cell, index, facts, projectDirectory)),
  );
  const all = read.map(({ cell }) => cell);
  const hashes = toCodeHashes(
    all,
    all.map(({ name }) => name),
  );
  const cells = all.map((cell) => ({ ...cell, codeHash: hashes.get(cell.name) ?? "" }));
  return {
    cells: Object.freeze(cells.map((cell) => Object.freeze(cell))),
    dataFolders: Object.freeze([...new Set(read.flatMap(({ folders }) => folders))].sort()),
  };
}

interface OwnSource {
  readonly cell: Omit<CellSource, "codeHash">;
  readonly folders: readonly string[];
}

async function toSource(
  indexed: IndexedCell,
  { files }: CellIndex,
  facts: ReadonlyMap<string, CellFacts>,
  projectDirectory: string,
): Promise<OwnSource> {
  const { name, file } = indexed;
  const {
    options = {},
    schema,
    ...own
  }: CellFacts = facts.get(name) ?? { kind: "cell", named: {} };
  const spell = indexed.python === undefined ? undefined : toSnakeCase;
  const checked = parseCellOptions(options, own.named, { file, spell });
  const { named, written } = indexed;
  const inProject = (path: string) => !path.startsWith("store:");
  const watch = [...(checked.watch ?? []), ...(indexed.references?.files ?? []).filter(inProject)];
  const data = await listDataFiles({ named, watch, written }, projectDirectory);
  const code = [file, ...indexed.imports].map((each) => [each, files[each] ?? ""]);
  const cell = {
    name,
    file,
    ...own,
    ...checked,
    ...toDeclared(schema),
    dependencies: Object.freeze([...new Set(Object.values(own.named))]),
    dataFiles: Object.freeze(data.files),
    hash: files[file] ?? "",
    readsCsv: indexed.readsCsv,
    ownCode: toSha256(JSON.stringify([code, indexed.packages])),
  };
  return { cell, folders: data.folders };
}

/** A schema in another form is reported by the cell itself, with its place. */
function toDeclared(schema: unknown): Pick<CellSource, "schema"> {
  if (schema === undefined) return {};
  const isWritten = typeof schema === "object" && schema !== null && !Array.isArray(schema);
  return { schema: isWritten ? (schema as SchemaSpec) : "elsewhere" };
}
