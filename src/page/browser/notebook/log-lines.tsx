import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { NotebookLine } from "../../../kernel/notebook-state.ts";
import { ScrollBox } from "./scroll-box.tsx";

interface LogLinesProps {
  readonly lines: readonly NotebookLine[];
  readonly label: string;
}

/** Lines of a log; the newest stays in sight unless one has scrolled away from it. */
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
