import type { JSX } from "preact";
import type { PageState } from "../../page-state.ts";
import { toFullTime, toLocalTime } from "./relative-time.ts";
import { TimeAgo } from "./time-ago.tsx";

type FreshnessBarProps = Pick<PageState, "data" | "version" | "commit" | "publishedAt" | "cells">;

/** How current what one sees is, and why it may not be trusted. */
export function FreshnessBar({
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
          <time dateTime={asOf} title={toFullTime(asOf)}>
            {toLocalTime(asOf)}
          </time>
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
