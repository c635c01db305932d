import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { InputValue } from "../../../cell/input-value.ts";
import { inputValueIn } from "../../../cell/shown-input.ts";
import type { NotebookError, NotebookLine } from "../../../kernel/notebook-state.ts";
import { Icon } from "../design/icon.tsx";
import { ErrorBoundary, LogBox, ScrollBox } from "../design/notice.tsx";
import { InputView } from "../input/input-view.tsx";
import { CodePiece, useCode } from "../output/code-piece.ts";
import { OutputView } from "../output/output-view.tsx";
import { CellProgressView } from "./cell-progress.tsx";
import type { NotebookCell } from "./notebook-model.ts";
import type { NotebookStore } from "./notebook-store.ts";
import { notebookRows, requestRun } from "./notebook-store.ts";

interface NotebookCellProps extends NotebookCell {
  readonly store: NotebookStore;
  readonly draft: unknown;
}

/** One cell: how it is doing, its source, what it shows and what it said. */
export function NotebookCellView(props: NotebookCellProps): JSX.Element {
  const { cell, progress, shown, problem, lines, draft, store } = props;
  return useMemo(() => <Cell {...props} />, [cell, progress, shown, problem, lines, draft, store]);
}

function Cell(props: NotebookCellProps): JSX.Element {
  const { cell, progress, shown, problem, lines } = props;
  const { name, file, source } = cell;
  const [isOpen, setIsOpen] = useState(false);
  const error = problem ?? shown.error;
  const since = progress.state === "running" ? progress.run : progress.computedIn;
  const own = lines.filter(({ run }) => run >= since);
  return (
    <section
      class={`cell notebook-cell notebook-cell--${progress.state}`}
      id={`cell-${name}`}
      aria-label={`Cell ${name}`}
      tabIndex={-1}
    >
      <header class="notebook-cell__head">
        <Name cell={cell} isOpen={isOpen} onToggle={() => setIsOpen(!isOpen)} />
        <CellProgressView progress={progress} />
        <RunAgain {...props} />
      </header>
      <Progress {...props} />
      {isOpen && <CellSource source={source} file={file} />}
      {error !== null && <FailureView error={error} isOld={shown.output !== null} />}
      <div class={`notebook-cell__output ${isOld(props) ? "notebook-cell__output--old" : ""}`}>
        <Output {...props} />
      </div>
      {own.length > 0 && <LogLines lines={own} label={`Log of ${name}`} />}
    </section>
  );
}

interface NameProps extends Pick<NotebookCellProps, "cell"> {
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

/** The name and file of a cell; a press shows its source. */
function Name({ cell, isOpen, onToggle }: NameProps): JSX.Element {
  const { name, title, file, kind } = cell;
  return (
    <div class="notebook-cell__about">
      <h2 class="notebook-cell__name">
        <button
          type="button"
          class="notebook-cell__toggle"
          aria-expanded={isOpen}
          title={isOpen ? "Hide the source" : "Show the source"}
          onClick={onToggle}
        >
          <Icon name="chevron" />
          {name}
        </button>
      </h2>
      {title !== null && <span class="notebook-cell__title">{title}</span>}
      <span class="notebook-cell__file">{`${file} · ${KINDS[kind]}`}</span>
    </div>
  );
}

/** Whether what is shown is not what the files and inputs give now. */
function isOld({ progress: { state }, shown }: NotebookCellProps): boolean {
  return shown.output !== null && ["waiting", "running", "failed", "skipped"].includes(state);
}

function Progress({ cell, progress }: NotebookCellProps): JSX.Element | null {
  const { state, fraction } = progress;
  if (state !== "running") return <div class="notebook-cell__bar" aria-hidden="true" />;
  return (
    <progress
      class="notebook-cell__bar"
      aria-label={`How far ${cell.name} is`}
      max={1}
      {...(fraction === null ? {} : { value: fraction })}
    />
  );
}

function RunAgain({ cell: { name }, store }: NotebookCellProps): JSX.Element {
  return (
    <button
      type="button"
      class="button button--icon button--small"
      title={`Run ${name} again, and what hangs on it`}
      onClick={() => store.act(() => requestRun([name]))}
    >
      <Icon name="refresh" />
      <span class="only-heard">{`Run ${name} again`}</span>
    </button>
  );
}

const KINDS: Readonly<Record<NotebookCell["cell"]["kind"], string>> = {
  prose: "prose",
  input: "input",
  cell: "light cell",
  cached: "cached cell",
  sql: "SQL cell",
};

function Output({ cell, shown, draft, store }: NotebookCellProps): JSX.Element | null {
  const { name, title } = cell;
  const { output, rowsKey } = shown;
  const rows = useMemo(() => notebookRows(name, rowsKey), [name, rowsKey]);
  if (output === null) return null;
  if (output.kind === "value" && output.input !== undefined) {
    return (
      <InputView
        name={name}
        label={output.input.label ?? title ?? name}
        widget={output.input}
        // what the author has just set, until the output says it
        value={(draft === undefined ? inputValueIn(output) : draft) as InputValue}
        onValue={(value) => store.setInput(name, value)}
        onPress={() => store.press(name)}
      />
    );
  }
  return (
    <ErrorBoundary
      resetKey={output}
      instead={(message) => (
        <p class="output-wrong" role="alert">{`This could not be drawn: ${message}`}</p>
      )}
    >
      <OutputView cell={{ name, title }} output={output} rows={rows} />
    </ErrorBoundary>
  );
}

interface FailureViewProps {
  readonly error: NotebookError;
  /** whether what stands below is from before */
  readonly isOld: boolean;
}

/** A failure, and the line of the author's code that it points to. */
export function FailureView({ error, isOld }: FailureViewProps): JSX.Element {
  const { code, message, place } = error;
  return (
    <div class="failure" role="alert">
      <Icon name="alert" />
      <div class="failure__text">
        <p>{message}</p>
        {place !== null && <PlaceView {...place} />}
        <p class="failure__code">
          {code}
          {isOld && " · what stands below is from before"}
        </p>
      </div>
    </div>
  );
}

function PlaceView({ file, line, column, text }: NonNullable<NotebookError["place"]>): JSX.Element {
  const gutter = `${line} │ `;
  // A caret under a tab stands where the tab ends.
  const before = (text ?? "").slice(0, column - 1).replace(/[^\t]/g, " ");
  return (
    <figure class="failure__place">
      <figcaption>{`${file}:${line}:${column}`}</figcaption>
      {text !== null && (
        <ScrollBox class="failure__line" label={`Line ${line}`}>
          <pre>
            {`${gutter}${text}\n`}
            <span aria-hidden="true">{`${" ".repeat(gutter.length - 2)}│ ${before}`}</span>
            <span class="failure__caret" aria-hidden="true">
              ^
            </span>
          </pre>
        </ScrollBox>
      )}
    </figure>
  );
}

interface LogLinesProps {
  readonly lines: readonly NotebookLine[];
  readonly label: string;
}

export function LogLines({ lines, label }: LogLinesProps): JSX.Element {
  return (
    <LogBox class="notebook-lines" label={label} lines={lines}>
      <pre>{lines.map(({ line }) => line).join("\n")}</pre>
    </LogBox>
  );
}

const colours = new CodePiece(() => import("../output/markdown/code.ts"));

interface CellSourceProps {
  readonly source: string;
  readonly file: string;
}

/** A cell's file as it is, in colours once the code that paints them is here. */
function CellSource({ source, file }: CellSourceProps): JSX.Element {
  const element = useRef<HTMLElement>(null);
  const { code } = useCode(colours);
  const language = file.split(".").at(-1) ?? "ts";
  useEffect(() => {
    if (element.current === null) return;
    element.current.textContent = source;
    code?.colourCode([element.current]);
  }, [source, code, language]);
  return (
    <ScrollBox class="notebook-source" label={`Source of ${file}`}>
      <pre>
        <code ref={element} class={`language-${LANGUAGES[language] ?? language}`} />
      </pre>
    </ScrollBox>
  );
}

const LANGUAGES: Readonly<Record<string, string>> = { md: "markdown", ts: "typescript" };
