import { createHash } from "node:crypto";
import type { ExportedState } from "./export-page.ts";
import type { PageAssets } from "./page-assets.ts";
import type { PageState } from "./page-state.ts";
import type { DrawnPage } from "./still-page.ts";

export interface ShellOptions extends Pick<PageAssets, "script" | "styles" | "preloads"> {
  /** title of the tab until the page knows its own; must be public */
  readonly title?: string | undefined;
  /** view to open; default: the one of the address */
  readonly view?: "notebook" | undefined;
  /** whether the page's state is fetched at the same time as its code */
  readonly isStateAhead?: boolean | undefined;
}

/** The page without data, which everyone may get. */
export function renderShell(options: ShellOptions): string {
  const { script, styles, preloads, title = "Loading…", view, isStateAhead = false } = options;
  const links = [
    ...styles.map((name) => `<link rel="stylesheet" href="/assets/${toText(name)}">`),
    ...(isStateAhead ? [STATE_PRELOAD] : []),
    ...preloads.map(toPreload),
    toScript(script),
  ];
  return toHtml({
    root: view === undefined ? "" : ` data-view="${view}"`,
    title,
    links: links.join("\n"),
    body: `${NEEDS_SCRIPT}
<div id="app">
<main class="skeleton" aria-busy="true" aria-label="Loading">
<div class="skeleton-title"></div>
<div class="skeleton-block"></div>
<div class="skeleton-block"></div>
</main>
</div>`,
  });
}

/** A page with what it shows as it opens: drawn, and as the state that its code begins with. */
export interface OpeningOptions extends Pick<PageAssets, "script"> {
  readonly drawn: DrawnPage;
  readonly state: PageState;
  /** the style sheet itself, so that it is not waited for */
  readonly style: string;
  /** names of the modules that take over */
  readonly modules: readonly string[];
  /** how the viewer has chosen to see pages */
  readonly theme: "light" | "dark" | undefined;
}

/** An HTML page, and the source of its style sheet for the policy that lets it have no other. */
export interface OpeningPage {
  readonly html: string;
  readonly styleSource: string;
}

/**
 * The page as it opens, seen before any of its code runs. Until that takes over nothing can be done to
 * it, so that nothing is lost.
 */
export function renderOpening(options: OpeningOptions): OpeningPage {
  const { drawn, state, modules, theme, script } = options;
  const style = withoutEndTag(`${options.style}${drawn.style}`, "style");
  const links = [
    `<style>${style}</style>`,
    // whoever has signed in is known to the page's own routes alone
    ...(state.viewer.maySignIn ? [STATE_PRELOAD] : []),
    ...modules.map(toFetchAhead),
    toScript(script),
  ];
  const html = toHtml({
    root: theme === undefined ? "" : ` data-theme="${theme}"`,
    title: state.title,
    links: links.join("\n"),
    body: `${toStill(drawn)}
<script type="application/json" id="page-state">${toInertJson(state)}</script>
${NEEDS_SCRIPT}`,
  });
  return { html, styleSource: toSource(style) };
}

/** Neither hands nor tools for reading reach what is drawn, and the page's code takes its place. */
function toStill({ html }: DrawnPage): string {
  return `<div id="still" inert aria-hidden="true">${html}</div>
<p class="late" role="status">Expected the code of this page to be here by now, got none yet: until then it can only be looked at (reload it if it stays so)</p>
<div id="app"></div>`;
}

const NEEDS_SCRIPT =
  "<noscript><p>Expected JavaScript to be on, since this page draws tables and charts with it.</p></noscript>";

const STATE_PRELOAD = `<link rel="preload" as="fetch" href="/page/state" crossorigin>`;

function toPreload(name: string): string {
  return `<link rel="modulepreload" href="/assets/${toText(name)}">`;
}

/** As a preload of a module it would be compiled before what was drawn is painted. */
function toFetchAhead(name: string): string {
  return `<link rel="preload" as="script" crossorigin href="/assets/${toText(name)}">`;
}

function toScript(name: string): string {
  return `<script type="module" src="/assets/${toText(name)}"></script>`;
}

interface HtmlParts {
  /** attributes of the root */
  readonly root: string;
  readonly title: string;
  readonly links: string;
  readonly body: string;
}

function toHtml({ root, title, links, body }: HtmlParts): string {
  return `<!doctype html>
<html lang="en"${root}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
${PAGE_ICON}
<title>${toText(title)}</title>
${links}
</head>
<body>
${body}
</body>
</html>
`;
}

/** The code of a page that needs no server, as one script and one style sheet. */
export interface ExportedCode {
  readonly script: string;
  readonly style: string;
  /** what the page looks like until its code has read its data */
  readonly drawn: DrawnPage;
}

/**
 * A page as one HTML file: its code, its style and its data. It asks nobody for anything, and its
 * policy lets it run no other code than its own.
 */
export function renderExportedPage(exported: ExportedState, code: ExportedCode): string {
  const script = withoutEndTag(code.script, "script");
  const style = withoutEndTag(`${code.style}${code.drawn.style}`, "style");
  const policy = [
    "default-src 'none'",
    `script-src ${toSource(script)}`,
    `style-src ${toSource(style)}`,
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en" data-view="exported">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
${PAGE_ICON}
<title>${toText(exported.state.title)}</title>
<style>${style}</style>
</head>
<body>
${toStill(code.drawn)}
<script type="application/json" id="page-state">${toInertJson(exported)}</script>
<script type="module">${script}</script>
${NEEDS_SCRIPT}
</body>
</html>
`;
}

/** JSON that cannot end its element or begin a comment. */
function toInertJson(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Such text is only in strings of our code, where the slash may be escaped. */
function withoutEndTag(code: string, tag: "script" | "style"): string {
  return code.replaceAll(`</${tag}`, `<\\/${tag}`).replaceAll("<!--", "<\\!--");
}

function toSource(content: string): string {
  return `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
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

const HEXAGON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M16 2l12 7v14l-12 7-12-7V9z" fill="#1d5bd0"/><path d="M10 20v-5m6 5V11m6 9v-7" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>';

/** The picture in the tab of a browser, within the page itself: nothing is fetched for it. */
const PAGE_ICON = `<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(HEXAGON)}">`;
