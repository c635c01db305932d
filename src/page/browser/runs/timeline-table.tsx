import type { JSX } from "preact";
import { formatDuration } from "../../../text.ts";
import type { Timeline, TimelineCell } from "./timeline.ts";

/** The timeline in words and numbers, for whoever does not see the picture or wants them exact. */
export function TimelineTable({ timeline }: { readonly timeline: Timeline }): JSX.Element {
  const { cells, attempts, hasUnplaced } = timeline;
  return (
    <>
      {hasUnplaced && (
        <p class="runs-hint">
          An older release kept this run, which did not note when cells began: some have no bar.
        </p>
      )}
      <details class="runs-timeline-table">
        <summary>The timeline as a table</summary>
        <table class="runs-table">
          <thead>
            <tr>
              <th scope="col">Cell</th>
              <th scope="col">Status</th>
              <th scope="col" class="is-number">
                Began after
              </th>
              <th scope="col" class="is-number">
                Took
              </th>
            </tr>
          </thead>
          <tbody>
            {attempts.length > 1 &&
              attempts.map(({ attempt, fromMs, toMs, cause, isOpen }) => (
                <tr key={`attempt ${attempt}`}>
                  <th scope="row">Attempt {attempt}</th>
                  <td>{isOpen ? "going" : cause || "ended"}</td>
                  <td class="is-number">{formatDuration(fromMs)}</td>
                  <td class="is-number">{formatDuration(toMs - fromMs)}</td>
                </tr>
              ))}
            {cells.map((cell) => (
              <CellRow key={cell.name} cell={cell} />
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

function CellRow({ cell }: { readonly cell: TimelineCell }): JSX.Element {
  const { name, status, span, fraction, message } = cell;
  const told = fraction === null ? status : `${status}, ${Math.round(fraction * 100)} %`;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        {told}
        {message !== "" && <span class="runs-second">{message}</span>}
      </td>
      <td class="is-number">{span === null ? "–" : formatDuration(span.fromMs)}</td>
      <td class="is-number">{span === null ? "–" : formatDuration(span.toMs - span.fromMs)}</td>
    </tr>
  );
}
