import { isDeepStrictEqual } from "node:util";
import type { Config } from "../project/config.ts";
import type { TabSettings } from "../project/page-settings.ts";
import type { DescribedCell } from "../project/project-description.ts";
import {
  type FrameOrigin,
  type Freshness,
  type FreshnessRule,
  oldestOf,
  toFreshness,
} from "../run/run-event.ts";
import type { SavedOutputs } from "../run/saved-outputs.ts";
import type { Commit, PublishedFrame } from "../store/manifest/manifest.ts";
import type { FoundObject } from "../store/store.ts";
import { findMoved, toInputValues, toPageCells } from "./page-cells.ts";
import type { PageCell, PageLayout, PageRow, PageState } from "./page-state.ts";

/** A version with what its page is made from. */
interface PageVersion {
  /** null as long as no run has published */
  readonly number: number | null;
  /** null as long as there is nothing to see */
  readonly commit: string | null;
  /** id of the evaluation whose outputs were saved; null when none were */
  readonly evaluation: string | null;
  readonly publishedAt: string | null;
  readonly frames: ReadonlyMap<string, PublishedFrame>;
  /** CSVs of other tools by the names of frames that no run has published */
  readonly foreign: ReadonlyMap<string, FoundObject>;
  /** what cells showed with default inputs; undefined when it was not saved */
  readonly saved: SavedOutputs | undefined;
  /** what inputs have unless they are set, as it was recorded */
  readonly defaults: Commit["defaults"];
}

/** The sources of a version's page. */
export interface PageFacts {
  readonly config: Pick<Config, "name" | "page" | "inputs">;
  readonly cells: readonly DescribedCell[];
  readonly version: PageVersion;
}

/** The part of a page that all viewers of a version share. */
export type PageContent = Pick<
  PageState,
  | "title"
  | "description"
  | "version"
  | "commit"
  | "evaluation"
  | "inputs"
  | "publishedAt"
  | "layout"
  | "cells"
>;

/** The page of a version. */
export function toPageContent({ config, cells, version }: PageFacts): PageContent {
  const { name, page } = config;
  const inputs = toInputs({ config, cells, version });
  const moved = findMoved(inputs, version);
  const shown = toPageCells(cells, { ...page, saved: version.saved?.cells, inputs, moved });
  return {
    title: page.title ?? name,
    description: page.description ?? null,
    version: version.number,
    commit: version.commit,
    evaluation: version.evaluation,
    inputs: Object.fromEntries(
      shown.flatMap(({ name: each }) => (inputs.has(each) ? [[each, inputs.get(each)]] : [])),
    ),
    publishedAt: version.publishedAt,
    layout: toPageLayout(shown.map(toLaidOut), page.layout),
    cells: shown,
  };
}

/** A published frame that a page shows, and what is asked of it but for the time. */
export interface PageData {
  readonly origin: FrameOrigin;
  readonly rule: Omit<FreshnessRule, "nowMs">;
}

/** The published frames that a page shows: as long as its content is the same, so are these. */
export function findPageData(facts: PageFacts): readonly PageData[] {
  const { cells, version } = facts;
  const { number, frames, foreign } = version;
  const inputs = toInputs(facts);
  return cells.flatMap((cell) => {
    const found = findFrames(cell, frames, inputs).map(({ computedAt, codeHash }) => ({
      version: number,
      computedAt,
      codeHash,
    }));
    const origins = found.length > 0 ? found : toForeignOrigins(cell, foreign);
    const rule = { maxAgeMs: cell.maxAgeMs ?? undefined, codeHash: cell.codeHash };
    return origins.map((origin) => ({ origin, rule }));
  });
}

/** A CSV of another tool is as old as the object is, and no code of the project made it. */
function toForeignOrigins(
  { name, kind, frame }: DescribedCell,
  foreign: ReadonlyMap<string, FoundObject>,
): readonly FrameOrigin[] {
  const csv = kind === "cached" ? foreign.get(frame ?? name) : undefined;
  if (csv === undefined) return [];
  return [{ version: null, computedAt: csv.modifiedAt.toISOString(), codeHash: null }];
}

/**
 * How current the oldest of the data is that a page shows; null where it shows none.
 * @param nowMs milliseconds since 1970
 */
export function toPageFreshness(data: readonly PageData[], nowMs: number): Freshness | null {
  return oldestOf(data.map(({ origin, rule }) => toFreshness(origin, { ...rule, nowMs }))) ?? null;
}

/** Of a cell with a key, the variant of its default inputs counts: viewers see that one first. */
function findFrames(
  { name, kind, frame, keyInputs }: DescribedCell,
  frames: ReadonlyMap<string, PublishedFrame>,
  inputs: ReadonlyMap<string, unknown>,
): readonly PublishedFrame[] {
  const all = [...frames.values()].filter(({ cell }) => cell === name);
  if (kind !== "cached") return all;
  const keys = keyInputs ?? [];
  const variant = all.find(({ state }) =>
    keys.every((key) => state !== undefined && isSame(state.inputs[key], inputs.get(key))),
  );
  const own = keys.length > 0 ? variant : undefined;
  const found = own ?? (frame === null ? undefined : frames.get(frame));
  return found === undefined ? [] : [found];
}

function isSame(one: unknown, other: unknown): boolean {
  return one !== undefined && isDeepStrictEqual(one, other);
}

function toInputs({ config, cells, version }: PageFacts): ReadonlyMap<string, unknown> {
  return toInputValues(cells, { configured: config.inputs, ...version });
}

function toLaidOut({ name, kind, output }: PageCell): LaidOutCell {
  if (kind === "input") return { name, form: "input" };
  return { name, form: output?.kind === "value" ? "value" : "other" };
}

/** A cell in a layout. */
interface LaidOutCell extends Pick<PageCell, "name"> {
  /** inputs stand beside each other, and so do single values; all else has a row of its own */
  readonly form: "input" | "value" | "other";
}

/**
 * Where cells stand on a page: as the config says, or in file order.
 * @param cells those that are shown, in file order
 * @param tabs undefined: the config says nothing
 * @internal
 */
export function toPageLayout(
  cells: readonly LaidOutCell[],
  tabs: readonly TabSettings[] | undefined,
): PageLayout {
  if (tabs === undefined) return { tabs: [{ title: null, rows: toRows(cells) }] };
  const shown = new Set(cells.map(({ name }) => name));
  const laidOut = tabs.map(({ title, rows }) => ({
    title,
    rows: rows.map((row) => row.filter((name) => shown.has(name))).filter((row) => row.length > 0),
  }));
  return { tabs: laidOut };
}

function toRows(cells: readonly LaidOutCell[]): readonly PageRow[] {
  const rows: string[][] = [];
  let before: LaidOutCell["form"] = "other";
  for (const { name, form } of cells) {
    if (form !== "other" && form === before) rows.at(-1)?.push(name);
    else rows.push([name]);
    before = form;
  }
  return rows;
}
