import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { LogLine } from "../../../run/history/run-log.ts";
import { formatCount } from "../../../text.ts";
import { LogBox } from "../design/notice.tsx";
import { Timestamp } from "./formats.tsx";
import { Choice } from "./parts.tsx";

/** So many of the last lines are drawn until the viewer asks for all. */
const DRAWN = 1_000;

interface RunLogProps {
  readonly runId: string;
  readonly lines: readonly LogLine[];
  /** whether more may come */
  readonly isGoing: boolean;
}

/** The log of a run; at its end it follows what comes. */
export function RunLog({ runId, lines, isGoing }: RunLogProps): JSX.Element {
  const [cell, setCell] = useState("");
  const [isAll, setAll] = useState(false);
  const cells = useMemo(() => toCells(lines), [lines]);
  const wanted = cell === "" ? lines : lines.filter((line) => line.cell === cell);
  const drawn = isAll ? wanted : wanted.slice(-DRAWN);
  return (
    <section aria-labelledby="run-log" class="runs-section">
      <div class="runs-log-head">
        <h3 id="run-log">Log</h3>
        {cells.length > 1 && <Choice label="Cell" value={cell} values={cells} onChoose={setCell} />}
        {lines.length > 0 && (
          <a href={`/page/runs/${encodeURIComponent(runId)}/log?as=text`} download>
            Download
          </a>
        )}
      </div>
      {drawn.length < wanted.length && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          {`Show all ${formatCount(wanted.length)} lines`}
        </button>
      )}
      {lines.length === 0 ? (
        <p class="runs-none">{isGoing ? "Nothing was logged so far." : "Nothing was logged."}</p>
      ) : (
        <LogLines lines={drawn} />
      )}
    </section>
  );
}

function toCells(lines: readonly LogLine[]): readonly string[] {
  return [...new Set(lines.flatMap(({ cell }) => cell ?? []))];
}

function LogLines({ lines }: Pick<RunLogProps, "lines">): JSX.Element {
  return (
    <LogBox class="runs-log" label="Lines of the log" lines={lines}>
      <ol>
        {lines.map(({ at, cell, stream, text }, index) => (
          <li key={index} class={stream === "stderr" ? "is-stderr" : ""}>
            <Timestamp instant={at} as="time" />
            <span class="runs-log-cell">{cell ?? stream ?? "run"}</span>
            <span class="runs-log-text">{text}</span>
          </li>
        ))}
      </ol>
    </LogBox>
  );
}
