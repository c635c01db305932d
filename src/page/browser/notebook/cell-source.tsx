import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CodePiece, useCode } from "../output/code-piece.ts";
import { ScrollBox } from "./scroll-box.tsx";

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
