import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { CodePiece } from "./code-piece.ts";
import { markdownHtml } from "./markdown/markdown-html.ts";
import { safeFragment } from "./markdown/safe-fragment.ts";

/** Markdown as a page shows it: sanitised, with math and coloured code where there is some. */
export function MarkdownText({ text }: { readonly text: string }): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const fragment = safeFragment(markdownHtml(text));
    letScroll(fragment);
    element.current?.replaceChildren(fragment);
    if (element.current !== null) drawExtras(element.current);
  }, [text]);
  return <div class="markdown" ref={element} />;
}

/** Wide tables and code scroll by themselves, also by keyboard. */
function letScroll(fragment: DocumentFragment): void {
  for (const code of fragment.querySelectorAll("pre")) code.tabIndex = 0;
  for (const table of fragment.querySelectorAll("table")) {
    const scroll = document.createElement("div");
    scroll.className = "markdown-table";
    scroll.tabIndex = 0;
    scroll.role = "region";
    scroll.ariaLabel = "Table";
    table.replaceWith(scroll);
    scroll.append(table);
  }
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
export async function fetchExtras(text: string): Promise<void> {
  await Promise.all([
    text.includes("$") ? mathPiece.fetch() : undefined,
    text.includes("```") ? colourPiece.fetch() : undefined,
  ]);
}
