import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { markdownHtml } from "./markdown/markdown-html.ts";
import { safeFragment } from "./markdown/safe-fragment.ts";

/** Markdown as a page shows it: sanitised, with math and coloured code where there is some. */
export function MarkdownText({ text }: { readonly text: string }): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const fragment = safeFragment(markdownHtml(text));
    letScroll(fragment);
    element.current?.replaceChildren(fragment);
    if (element.current !== null) void drawExtras(element.current);
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

/** Fetches the code for math and for colours only where a text has some; without it, both are text. */
async function drawExtras(element: HTMLElement): Promise<void> {
  const math = element.querySelectorAll<HTMLElement>(".math-inline, .math-block");
  const code = element.querySelectorAll<HTMLElement>("pre > code[class*=language-]");
  await Promise.allSettled([
    math.length > 0 ? import("./markdown/math.ts").then((it) => it.drawMath(math)) : undefined,
    code.length > 0 ? import("./markdown/code.ts").then((it) => it.colourCode(code)) : undefined,
  ]);
}
