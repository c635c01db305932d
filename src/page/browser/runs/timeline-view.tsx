import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { formatDuration } from "../../../text.ts";

import { TableHead } from "./parts.tsx";
import type { Timeline, TimelineCell } from "./timeline.ts";
import { BAR_HEIGHT, type LaidRow, layOutTimeline } from "./timeline-layout.ts";

const FIRST_WIDTH = 960;

/** When each cell of a run went, one bar a cell on an axis of time. */
export function TimelinePicture({ timeline }: { readonly timeline: Timeline }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const title = useId();
  const { height, left, right, ticks, rows } = layOutTimeline(timeline, width);
  return (
    <div ref={box} class="runs-timeline">
      <svg
        role="img"
        aria-labelledby={title}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
      >
        <title id={title}>{toSummary(timeline)}</title>
        <g class="runs-timeline-axis">
          {ticks.map(({ x, label }, index) => (
            <g key={label}>
              <line x1={x} x2={x} y1={22} y2={height} />
              <text x={x} y={14} text-anchor={index === 0 ? "start" : "middle"}>
                {label}
              </text>
            </g>
          ))}
          <line x1={left} x2={right} y1={22} y2={22} />
        </g>
        {rows.map((row) => (
          <TimelineRow key={row.key} row={row} />
        ))}
      </svg>
    </div>
  );
}

function TimelineRow({ row }: { readonly row: LaidRow }): JSX.Element {
  const { name, nameX, nameY, bars, barTop, label, title } = row;
  return (
    <g class="timeline-row">
      <title>{title}</title>
      <text class="runs-timeline-name" x={nameX} y={nameY}>
        {name}
      </text>
      {bars.map(({ x, width, status }) => (
        <rect
          key={status}
          class={`runs-timeline-bar is-${status}`}
          x={x}
          y={barTop}
          width={width}
          height={BAR_HEIGHT}
          rx={3}
        />
      ))}
      <text
        class={`runs-timeline-label ${label.isOnBar ? `is-on-${bars.at(-1)?.status}` : ""}`}
        x={label.x}
        y={label.y}
        text-anchor={label.anchor}
      >
        {label.text}
      </text>
    </g>
  );
}

/** The picture in a sentence; the table beside it has all of it. */
function toSummary({ cells, attempts, lengthMs }: Timeline): string {
  const ran = cells.filter(({ span }) => span !== null).length;
  const tried = attempts.length > 1 ? ` in ${attempts.length} attempts` : "";
  return `Timeline of ${formatDuration(lengthMs)}${tried}: ${ran} of ${cells.length} cells ran. The table below tells the same.`;
}

function useWidth(box: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(FIRST_WIDTH);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const seen = Math.floor(entry?.contentRect.width ?? 0);
      if (seen > 0) setWidth(seen);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** The timeline in words and numbers, exact and for screen readers. */
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
          <TableHead
            columns={["Cell", "Status", ["Began after", "is-number"], ["Took", "is-number"]]}
          />
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
  const text = fraction === null ? status : `${status}, ${Math.round(fraction * 100)} %`;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        {text}
        {message !== "" && <span class="runs-second">{message}</span>}
      </td>
      <td class="is-number">{span === null ? "–" : formatDuration(span.fromMs)}</td>
      <td class="is-number">{span === null ? "–" : formatDuration(span.toMs - span.fromMs)}</td>
    </tr>
  );
}
