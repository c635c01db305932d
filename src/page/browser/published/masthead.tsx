import type { JSX } from "preact";
import type { PageState } from "../../page-state.ts";
import { MarkdownText } from "../output/markdown-text.tsx";
import type { PageModel } from "./page-model.ts";
import { LocalTime, TimeAgo } from "./time-ago.tsx";

interface MastheadProps {
  readonly state: PageState;
  /** whether the title is seen; one that prose repeats is only heard */
  readonly isTitled: boolean;
}

/** The head of a page: its title, what it is about, and how current it is. */
export function Masthead({ state, isTitled }: MastheadProps): JSX.Element {
  const { title, description } = state;
  return (
    <div class="masthead">
      <h1 class={isTitled ? "masthead__title" : "only-heard"}>{title}</h1>
      {description !== null && (
        <div class="masthead__description">
          <MarkdownText text={description} />
        </div>
      )}
      <FreshnessBar {...state} />
    </div>
  );
}

type FreshnessBarProps = Pick<PageState, "data" | "version" | "commit" | "publishedAt" | "cells">;

/** How current what one sees is, and why it may not be trusted. */
function FreshnessBar({
  data,
  version,
  commit,
  publishedAt,
  cells,
}: FreshnessBarProps): JSX.Element | null {
  if (commit === null) return null;
  const asOf = data?.computedAt ?? publishedAt;
  const isOtherCode =
    data?.sameCode === false ||
    cells.some(({ isOutdated, output }) => isOutdated && output !== null);
  return (
    <p class="freshness">
      <span class={`freshness__dot ${data?.stale ? "freshness__dot--stale" : ""}`} />
      {asOf !== null && (
        <span>
          {data === null ? "Published " : "Data as of "}
          <LocalTime instant={asOf} />
        </span>
      )}
      {asOf !== null && <TimeAgo instant={asOf} {...ageOf(data)} />}
      <span>{version === null ? "written by another tool" : `version ${version}`}</span>
      {data?.stale && (
        <span
          class="badge badge--warn"
          title="Some of the data is older than its cell says it may be"
        >
          Stale: older than it may be
        </span>
      )}
      {isOtherCode && (
        <span
          class="badge"
          title="The code of some cells is another than the one that computed this"
        >
          Code changed since
        </span>
      )}
    </p>
  );
}

function ageOf(data: PageState["data"]): { readonly ageMs?: number } {
  return data?.ageMs === null || data?.ageMs === undefined ? {} : { ageMs: data.ageMs };
}

/** Whether a page begins with prose that has a title of its own: two titles are one too many. */
export function hasOwnHeading({ state, cells }: Pick<PageModel, "state" | "cells">): boolean {
  const first = state.layout.tabs[0]?.rows[0]?.[0];
  const output = first === undefined ? undefined : cells.get(first)?.output;
  return output?.kind === "markdown" && /^\s*# +\S/.test(output.markdown);
}
