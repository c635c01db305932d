import { expectation, HexError } from "../errors.ts";
import type { JsonRow } from "../frame/json.ts";
import type { Evaluation, Viewers } from "../kernel/evaluation.ts";
import type { DescribedCell } from "../project/project-description.ts";
import { NOTHING_NOTED, type SavedOutputs } from "../run/saved-outputs.ts";
import type { Version } from "../store/version.ts";
import type { ProjectRuns } from "../work/project-runs.ts";
import { findPageCells } from "./page-cells.ts";
import type { PageCell, PageState } from "./page-state.ts";
import { findPageData, toPageContent, toPageFreshness } from "./to-page-state.ts";

/** The sources of an exported page. */
export interface ExportSource {
  readonly runs: Pick<ProjectRuns, "config" | "redact">;
  readonly viewers: Pick<Viewers, "evaluate" | "rows">;
  readonly cells: readonly DescribedCell[];
  readonly version: Version;
  /** values of inputs, to be read by the rules of their widgets */
  readonly texts: Readonly<Record<string, string>>;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** A page with all it shows, and what of it had no room. */
export interface ExportedState {
  readonly state: PageState;
  /** tables of which the file holds the first rows only */
  readonly cut: readonly CutTable[];
}

export interface CutTable {
  readonly cell: string;
  readonly rows: number;
  readonly kept: number;
}

/** A file with more rows than this is slow to open. */
const MOST_ROWS = 50_000;
/** Of all tables as JSON, in characters. */
const MOST_LENGTH = 32 * 2 ** 20;
const ROWS_AT_ONCE = 1_000;

/**
 * The page of a version as somebody with these inputs sees it, with the rows of its tables: all of one
 * evaluation.
 *
 * @throws {HexError} HEX_NOT_COMPUTED when nothing is published; HEX_INPUT_INVALID; the failure of a
 * cell; the failures of viewers' requests
 */
export async function exportPage(source: ExportSource): Promise<ExportedState> {
  const { runs, cells, version, texts, now, viewers } = source;
  const { number, id, commit, publishedAt } = version;
  if (id === null) throw nothingPublished();
  const pinned = { version: number, commit: id };
  const shown = findPageCells(cells, runs.config.page).map(({ name }) => name);
  const answer = await viewers.evaluate({ ...pinned, inputs: {}, texts, cells: shown });
  refuseFaults(answer);
  const facts = {
    config: runs.config,
    cells,
    version: {
      number,
      commit: id,
      // Nobody answers for it: the file has all its rows.
      evaluation: null,
      publishedAt,
      frames: version.frames(),
      foreign: version.foreign(),
      saved: toSaved(cells, answer),
      defaults: commit?.defaults,
    },
  };
  const content = toPageContent(facts);
  const { filled, cut } = await fillTables(content.cells, answer.evaluation, viewers);
  const state: PageState = {
    ...content,
    // The file knows no other values.
    inputs: Object.fromEntries(
      Object.entries(answer.inputs).filter(([name]) => shown.includes(name)),
    ),
    cells: filled,
    data: toPageFreshness(findPageData(facts), now()),
    run: null,
    failure: null,
    viewer: NOBODY,
    build: null,
  };
  return { state: runs.redact(state, "page"), cut };
}

const NOBODY = {
  mayRefresh: false,
  maySeeRuns: false,
  mayRollBack: false,
  maySignIn: false,
  isSignedIn: false,
};

function refuseFaults({ invalid, cells }: Evaluation): void {
  if (invalid.length > 0) {
    throw new HexError("HEX_INPUT_INVALID", invalid.map(({ message }) => message).join("\n"));
  }
  const failed = cells.find(({ error }) => error !== undefined)?.error;
  if (failed !== undefined) throw new HexError(failed.code, failed.message);
}

/** The evaluation in place of the outputs that were saved with the version. */
function toSaved(cells: readonly DescribedCell[], answer: Evaluation): SavedOutputs {
  const results = new Map(answer.cells.map((cell) => [cell.name, cell]));
  const saved = cells.map(({ name, codeHash }) => {
    const { output = null, result = null } = results.get(name) ?? {};
    return { ...NOTHING_NOTED, name, codeHash, output, result };
  });
  return { cells: saved, inputs: null };
}

/** Tables get all their rows, one after the other until there is no more room. */
async function fillTables(
  cells: readonly PageCell[],
  evaluation: string,
  viewers: ExportSource["viewers"],
) {
  const filled: PageCell[] = [];
  const cut: CutTable[] = [];
  let room = MOST_LENGTH;
  for (const cell of cells) {
    const { name, output } = cell;
    if (output?.kind !== "frame") {
      filled.push(cell);
      continue;
    }
    const { head, length } = await readRows(cell, { evaluation, room, viewers });
    room -= length;
    filled.push({ ...cell, output: { ...output, head, rows: head.length } });
    if (head.length < output.rows) cut.push({ cell: name, rows: output.rows, kept: head.length });
  }
  return { filled, cut };
}

interface Reading {
  readonly evaluation: string;
  /** in characters */
  readonly room: number;
  readonly viewers: ExportSource["viewers"];
}

async function readRows({ name }: PageCell, { evaluation, room, viewers }: Reading) {
  const head: JsonRow[] = [];
  let length = 0;
  while (head.length < MOST_ROWS) {
    const limit = Math.min(ROWS_AT_ONCE, MOST_ROWS - head.length);
    const answer = await viewers.rows({ evaluation, cell: name, offset: head.length, limit });
    length += JSON.stringify(answer.head).length;
    if (length > room) break;
    head.push(...answer.head);
    if (answer.head.length === 0 || head.length >= answer.rows) break;
  }
  return { head, length: Math.min(length, room) };
}

function nothingPublished(): HexError {
  return expectation("HEX_NOT_COMPUTED", {
    place: "a version",
    expected: "published, which a page could be exported from",
    got: "none",
    hint: "run `hex run --context logic` to compute and publish one",
  });
}
