import type { ComponentChildren, JSX, Ref } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { NotebookLine } from "../../../kernel/notebook-state.ts";
import { CodePiece, useCode } from "../output/code-piece.ts";

interface ScrollBoxProps {
  readonly class: string;
  /** what is in it, for those who listen */
  readonly label: string;
  readonly children: ComponentChildren;
  readonly boxRef?: Ref<HTMLElement>;
  readonly onScroll?: (event: { readonly currentTarget: HTMLElement }) => void;
}

/** Text of which more may be there than is seen: it is reached and scrolled by keyboard as well. */
export function ScrollBox({ label, children, boxRef, ...others }: ScrollBoxProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what cannot be reached cannot be scrolled
    <section ref={boxRef ?? null} aria-label={label} tabIndex={0} {...others}>
      {children}
    </section>
  );
}

interface LogLinesProps {
  readonly lines: readonly NotebookLine[];
  readonly label: string;
}

/** Lines of a log; the newest stays in snapshot unless one has scrolled away from it. */
export function LogLines({ lines, label }: LogLinesProps): JSX.Element {
  const element = useRef<HTMLElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const { current } = element;
    if (current !== null && isAtEnd.current) current.scrollTop = current.scrollHeight;
  }, [lines]);
  return (
    <ScrollBox
      boxRef={element}
      class="notebook-lines"
      label={label}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 4;
      }}
    >
      <pre>{lines.map(({ line }) => line).join("\n")}</pre>
    </ScrollBox>
  );
}

const colours = new CodePiece(() => import("../output/markdown/code.ts"));

/** A cell's file as it is, in colours once the code that paints them is here. */
export function CellSource({ source, file }: CellSourceProps): JSX.Element {
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

interface CellSourceProps {
  readonly source: string;
  readonly file: string;
}

const LANGUAGES: Readonly<Record<string, string>> = { md: "markdown", ts: "typescript" };
