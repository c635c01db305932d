import type { JSX } from "preact";
import { useContext, useLayoutEffect, useRef } from "preact/hooks";
import { CodePiece, useCode } from "./code-piece.ts";
import { StillPage } from "./still-parts.ts";

const markdownPiece = new CodePiece(() => import("./markdown/markdown.ts"));

/**
 * Markdown as a page shows it: sanitised, with math and coloured code where there is some. Until the
 * code for it is here, its text keeps the place unseen; when that never comes, the text is shown.
 */
export function MarkdownText({ text }: { readonly text: string }): JSX.Element {
  const still = useContext(StillPage);
  return still === null ? <DrawnMarkdown text={text} /> : <still.Markdown text={text} />;
}

function DrawnMarkdown({ text }: { readonly text: string }): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const { code, isFailed } = useCode(markdownPiece);
  useLayoutEffect(() => {
    if (code === null || element.current === null) return;
    element.current.replaceChildren(code.markdownNodes(text));
    drawExtras(element.current);
  }, [code, text]);
  // the keys keep what was drawn apart from what the text is put into
  if (code !== null) return <div class="markdown" key="drawn" ref={element} />;
  return (
    <div class={`markdown ${isFailed ? "markdown-plain" : "markdown-waiting"}`} key="text">
      {text}
    </div>
  );
}

/** Fetches the code for Markdown, which most pages need, before it is known whether this one does. */
export function fetchMarkdown(): void {
  // fetched again when some is to be shown
  markdownPiece.fetch().catch(() => undefined);
}

const mathPiece = new CodePiece(() => import("./markdown/math.ts"));
const colourPiece = new CodePiece(() => import("./markdown/code.ts"));

/** Fetches the code for math and for colours only where a text has some; without it, both are text. */
function drawExtras(element: HTMLElement): void {
  const math = element.querySelectorAll<HTMLElement>(".math-inline, .math-block");
  const code = element.querySelectorAll<HTMLElement>("pre > code[class*=language-]");
  if (math.length > 0) withCode(mathPiece, (it) => it.drawMath(math));
  if (code.length > 0) withCode(colourPiece, (it) => it.colourCode(code));
}

/** At once when the code is here. */
function withCode<Code>(piece: CodePiece<Code>, draw: (code: Code) => void): void {
  if (piece.code !== null) draw(piece.code);
  else piece.fetch().then(draw, () => undefined);
}

/** Fetches the code that a text may need when it is shown. */
export async function fetchCodeFor(text: string): Promise<void> {
  await Promise.all([
    markdownPiece.fetch(),
    text.includes("$") ? mathPiece.fetch() : undefined,
    text.includes("```") ? colourPiece.fetch() : undefined,
  ]);
}
