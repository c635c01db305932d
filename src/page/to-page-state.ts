import type { Config } from "../project/config.ts";
import type { DescribedCell } from "../project/project-description.ts";
import { type Freshness, oldestOf, toFreshness } from "../run/freshness.ts";
import type { SavedOutput } from "../run/light/saved-outputs.ts";
import type { PublishedFrame } from "../store/manifest/manifest.ts";
import { toPageCells } from "./page-cells.ts";
import { type LaidOutCell, toPageLayout } from "./page-layout.ts";
import type { PageCell, PageState } from "./page-state.ts";

/** A version as a page is told of it. */
interface PageVersion {
  /** null as long as nothing is published */
  readonly number: number | null;
  readonly publishedAt: string | null;
  readonly frames: ReadonlyMap<string, PublishedFrame>;
  /** what cells showed with default inputs; undefined when it was not saved */
  readonly saved: readonly SavedOutput[] | undefined;
}

/** What a page of a version is made from. */
export interface PageFacts {
  readonly config: Pick<Config, "name" | "page" | "inputs">;
  readonly cells: readonly DescribedCell[];
  readonly version: PageVersion;
}

/** What is the same for everybody who looks at a version, as long as no cell is changed. */
export type PageContent = Pick<
  PageState,
  "title" | "description" | "version" | "publishedAt" | "layout" | "cells"
>;

/** What a page shows of a version. */
export function toPageContent({ config, cells, version }: PageFacts): PageContent {
  const { name, page, inputs } = config;
  const shown = toPageCells(cells, { ...page, saved: version.saved, inputs });
  return {
    title: page.title ?? name,
    description: page.description ?? null,
    version: version.number,
    publishedAt: version.publishedAt,
    layout: toPageLayout(shown.map(toLaidOut), page.layout),
    cells: shown,
  };
}

/**
 * How current the oldest of the data is that a page shows; null where it shows none.
 * @param nowMs milliseconds since 1970
 */
export function toPageData({ cells, version }: PageFacts, nowMs: number): Freshness | null {
  const { number, frames } = version;
  const all = cells.flatMap((cell) =>
    findFrames(cell, frames).map(({ computedAt, codeHash }) =>
      toFreshness(
        { version: number, computedAt, codeHash },
        { maxAgeMs: cell.maxAgeMs ?? undefined, codeHash: cell.codeHash, nowMs },
      ),
    ),
  );
  return oldestOf(all) ?? null;
}

/** Of a cell with a key, the variant of its default inputs counts: viewers see that one first. */
function findFrames(
  { name, kind, frame }: DescribedCell,
  frames: ReadonlyMap<string, PublishedFrame>,
): readonly PublishedFrame[] {
  if (kind === "cached") {
    const own = frame === null ? undefined : frames.get(frame);
    return own === undefined ? [] : [own];
  }
  return [...frames.values()].filter(({ cell }) => cell === name);
}

function toLaidOut({ name, kind, output }: PageCell): LaidOutCell {
  if (kind === "input") return { name, form: "input" };
  return { name, form: output?.kind === "value" ? "value" : "other" };
}
