import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CellNode } from "../cell/cell-node.ts";
import { toGraph } from "../cell/graph.ts";
import type { InputWidget } from "../cell/input-widget.ts";
import { framesRead, planRun, type RunPlan } from "../cell/plan.ts";
import type { RunContext } from "../cell/run-context.ts";
import {
  type CellFingerprints,
  readCellFingerprints,
  toCellState,
} from "../run/cell-fingerprints.ts";
import type { CellSource } from "../source/cell-sources.ts";
import { openFileContents } from "../source/file-contents.ts";
import type { LoadedCells } from "../source/load-cells.ts";
import type { PlacedPage } from "./page-settings.ts";
import type { Project } from "./project.ts";

/** A cell as it is told to those who never run it; plain JSON. */
export interface DescribedCell extends Pick<CellNode, "name" | "file" | "kind" | "dependencies"> {
  readonly title: string | null;
  /** of an input, where it does not hang on data */
  readonly widget: InputWidget | null;
  /** name of the frame that a cached cell publishes */
  readonly frame: string | null;
  /** contexts in which it computes instead of reading */
  readonly computeIn: readonly RunContext[];
  /** names of the inputs that tell which variant of its frame is read; null for all at once */
  readonly keyInputs: readonly string[] | null;
  /** how old what it published may be before it is stale; null: it never gets stale */
  readonly maxAgeMs: number | null;
  /** over this cell, the local files it imports and the cells above it, with theirs */
  readonly codeHash: string;
  /**
   * of a light cell, as of its `CellState`: over the data files that it and the light cells above it
   * name; "" for none
   */
  readonly data: string;
  /** the file's own content */
  readonly source: string;
}

/** A project's cells, as known without running them. */
export interface ProjectDescription {
  /** in file order */
  readonly cells: readonly DescribedCell[];
  /** files that this hangs on, below the project's folder; some may have to stay absent */
  readonly files: readonly string[];
  /** those of them that are but data of light cells, and the folders in which more may appear */
  readonly dataFiles: readonly string[];
  /** which of the cells the config has on the page */
  readonly page: PlacedPage;
}

/** Describes a project's cells; the caller may have had to evaluate some. */
export async function describeProject(project: Project): Promise<ProjectDescription> {
  const { cells, files } = project.cells;
  const { hide, layout } = project.config.page;
  const fingerprints = await readLightFingerprints(project);
  const code = new Set(files);
  const dataFiles = findLightData(project.cells).filter((file) => !code.has(file));
  return {
    cells: await Promise.all(cells.map((cell) => describeCell(cell, project, fingerprints))),
    files: [...files, ...dataFiles],
    dataFiles,
    page: { hide, layout },
  };
}

/** Data of heavy cells may be large, and absent where an app is served. */
function isLight({ kind }: Pick<CellSource, "kind">): boolean {
  return kind !== "cached";
}

function readLightFingerprints({ directory, cells }: Project): Promise<CellFingerprints> {
  const light = new Set(cells.cells.filter(isLight).map(({ name }) => name));
  return readCellFingerprints(cells, {
    directory,
    contents: openFileContents(),
    secretsDigest: "",
    isDataRead: (cell) => light.has(cell),
  });
}

function findLightData({ cells, dataFolders }: LoadedCells): readonly string[] {
  const files = new Set(cells.filter(isLight).flatMap(({ dataFiles }) => dataFiles));
  const folders = new Set([...files].map((file) => dirname(file)));
  return [...files, ...dataFolders.filter((each) => folders.has(each))].sort();
}

async function describeCell(
  cell: CellSource,
  { directory, config, cells }: Project,
  fingerprints: CellFingerprints,
): Promise<DescribedCell> {
  const { name, file, kind, dependencies } = cell;
  return {
    name,
    file,
    kind,
    dependencies,
    title: cell.title ?? null,
    widget: cell.widget ?? null,
    frame: cell.frame ?? null,
    computeIn: cell.computeIn ?? config.computeIn,
    keyInputs: cell.keyInputs ?? null,
    maxAgeMs: cell.maxAgeMs ?? config.maxAgeMs ?? null,
    codeHash: cell.codeHash,
    data: isLight(cell) ? toCellState(name, cells, fingerprints).data : "",
    source: await readFile(join(directory, file), "utf8"),
  };
}

const plans = new WeakMap<readonly DescribedCell[], Map<RunContext, RunPlan>>();

/** The plan of a run in a context from descriptions alone; made once for each description. */
export function planDescribed(cells: readonly DescribedCell[], context: RunContext): RunPlan {
  const known = plans.get(cells) ?? new Map<RunContext, RunPlan>();
  plans.set(cells, known);
  const plan =
    known.get(context) ?? planRun(toGraph(cells.map(toNode)), { context, computeIn: [] });
  known.set(context, plan);
  return plan;
}

/** Names of the frames that a page shows, of which other tools may have left CSVs. */
export function framesShown(cells: readonly DescribedCell[]): readonly string[] {
  return framesRead(planDescribed(cells, "app"));
}

/** The contexts of each are its own here: the config's were filled in. */
function toNode({ name, file, kind, dependencies, ...cell }: DescribedCell): CellNode {
  return {
    name,
    file,
    kind,
    dependencies,
    computeIn: cell.computeIn,
    ...(cell.frame === null ? {} : { frame: cell.frame }),
    ...(cell.keyInputs === null ? {} : { keyInputs: cell.keyInputs }),
  };
}
