import { PAGE_ICON } from "./icon.ts";
import type { PageAssets } from "./page-assets.ts";

export interface ShellOptions extends Pick<PageAssets, "script" | "styles" | "preloads"> {
  /** stands in the tab of the browser until the page knows its own; only what anybody may know */
  readonly title?: string | undefined;
  /** which view it opens on whatever the address is; the address tells unless told */
  readonly view?: "notebook" | undefined;
}

/** The page before it has any data: whoever may not look gets no more than this. */
export function renderShell({
  script,
  styles,
  preloads,
  title = "Loading…",
  view,
}: ShellOptions): string {
  const links = [
    ...styles.map((name) => `<link rel="stylesheet" href="/assets/${toText(name)}">`),
    ...preloads.map((name) => `<link rel="modulepreload" href="/assets/${toText(name)}">`),
  ];
  return `<!doctype html>
<html lang="en"${view === undefined ? "" : ` data-view="${view}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
${PAGE_ICON}
<title>${toText(title)}</title>
${[...links, `<script type="module" src="/assets/${toText(script)}"></script>`].join("\n")}
</head>
<body>
<noscript><p>Expected JavaScript to be on, since this page draws tables and charts with it.</p></noscript>
<div id="app">
<main class="skeleton" aria-busy="true" aria-label="Loading">
<div class="skeleton-title"></div>
<div class="skeleton-block"></div>
<div class="skeleton-block"></div>
</main>
</div>
</body>
</html>
`;
}

const SIGNS: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function toText(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => SIGNS[sign] ?? sign);
}
