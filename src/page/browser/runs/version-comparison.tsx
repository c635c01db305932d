import type { JSX } from "preact";
import { useCallback } from "preact/hooks";
import type { ColumnDifference, FrameDifference } from "../../../store/version-difference.ts";
import { formatBytes, formatCount } from "../../../text.ts";
import type { VersionComparison } from "../../history-state.ts";
import { fetchJson } from "../server/requests.ts";
import { formatChange, formatValue, Timestamp } from "./formats.tsx";
import { TableHead } from "./parts.tsx";
import { FetchState, useFetch } from "./use-fetch.tsx";

interface VersionComparisonProps {
  readonly from: number;
  readonly to: number;
}

/** The differences between two versions. */
export function VersionComparisonView({ from, to }: VersionComparisonProps): JSX.Element {
  const path = `/page/versions/compare?from=${from}&to=${to}`;
  const ask = useCallback(
    (signal: AbortSignal) => fetchJson<VersionComparison>(path, { signal }),
    [path],
  );
  const fetched = useFetch({ ask });
  const { answer } = fetched;
  return (
    <section class="runs-section" aria-labelledby="comparison">
      <h2 id="comparison">{`What changed from version ${from} to version ${to}`}</h2>
      <FetchState of={fetched} waiting="Comparing…" />
      {answer !== undefined && <Differences comparison={answer} />}
    </section>
  );
}

function Differences({ comparison }: { readonly comparison: VersionComparison }): JSX.Element {
  const { from, to, isSameCode, isSameOutput, inputs, frames } = comparison;
  return (
    <>
      <ul class="runs-difference-facts">
        <li>
          Published <Timestamp instant={from.publishedAt} />, then{" "}
          <Timestamp instant={to.publishedAt} />.
        </li>
        <li>
          {isSameCode ? "The code is the same: " : "The code is another: "}
          <code>{from.codeHash.slice(0, 8)}</code>
          {!isSameCode && (
            <>
              {" → "}
              <code>{to.codeHash.slice(0, 8)}</code>
            </>
          )}
        </li>
        <li>{describeOutput(isSameOutput)}</li>
        {inputs.length === 0 && <li>The inputs are the same.</li>}
        {inputs.map(({ name, before, after }) => (
          <li key={name}>
            Input <code>{name}</code>: <code>{toInput(before)}</code> →{" "}
            <code>{toInput(after)}</code>
          </li>
        ))}
      </ul>
      <table class="runs-table">
        <caption class="only-heard">Frames of the two versions</caption>
        <TableHead
          columns={[
            ...["Frame", "Content"],
            ["Rows", "is-number"],
            ["CSV", "is-number is-wide"],
            "Columns",
          ]}
        />
        <tbody>
          {frames.map((frame) => (
            <FrameRow key={frame.name} frame={frame} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function describeOutput(isSame: boolean | null): string {
  if (isSame === null) return "One of them does not tell what its cells showed.";
  return isSame
    ? "With default inputs all cells showed the same."
    : "With default inputs some cells showed something else.";
}

/** An input that a run was not given had its default. */
function toInput(value: unknown): string {
  return value === undefined ? "default" : formatValue(value);
}

function FrameRow({ frame }: { readonly frame: FrameDifference }): JSX.Element {
  const { name, change, before, after, columns } = frame;
  return (
    <tr class={`is-${change}`}>
      <th scope="row">{name}</th>
      <td>
        <span class={`runs-difference is-${change}`}>{change}</span>
      </td>
      <td class="is-number">
        <Change before={before?.rows} after={after?.rows} format={formatCount} />
      </td>
      <td class="is-number is-wide">
        <Change before={before?.sizeBytes} after={after?.sizeBytes} format={formatBytes} />
      </td>
      <td>
        {columns.length === 0 ? (
          formatCount(before?.columns ?? after?.columns ?? 0, "column")
        ) : (
          <ul class="runs-difference-columns">
            {columns.map((column) => (
              <ColumnChange key={column.name} column={column} />
            ))}
          </ul>
        )}
      </td>
    </tr>
  );
}

interface ChangeProps {
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly format: (value: number) => string;
}

/** A number that may have become another one. */
function Change({ before, after, format }: ChangeProps): JSX.Element {
  if (before === undefined || after === undefined) return <>{format(before ?? after ?? 0)}</>;
  if (before === after) return <>{format(after)}</>;
  return (
    <>
      {format(before)} → {format(after)}
      <span class="runs-second">{formatChange(before, after, format)}</span>
    </>
  );
}

const SIGNS = { added: "+", removed: "−", retyped: "~" } as const;

function ColumnChange({ column }: { readonly column: ColumnDifference }): JSX.Element {
  const { name, change, before, after } = column;
  const types = change === "retyped" ? `${before} → ${after}` : (after ?? before);
  return (
    <li class={`is-${change}`}>
      <span aria-hidden="true">{SIGNS[change]} </span>
      <span class="only-heard">{change} </span>
      <code>{name}</code> {types}
    </li>
  );
}
