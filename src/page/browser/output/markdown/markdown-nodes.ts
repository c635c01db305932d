import { markdownHtml } from "./markdown-html.ts";
import { safeFragment } from "./safe-fragment.ts";

/** Markdown as nodes that are safe to show. */
export function markdownNodes(text: string): DocumentFragment {
  const fragment = safeFragment(markdownHtml(text));
  letScroll(fragment);
  return fragment;
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
