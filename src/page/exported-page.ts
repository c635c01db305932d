import { createHash } from "node:crypto";
import type { ExportedState } from "./export-page.ts";
import { PAGE_ICON } from "./icon.ts";

/** The code of a page that needs no server, as one script and one style sheet. */
export interface ExportedCode {
  readonly script: string;
  readonly style: string;
}

/**
 * A page as one HTML file: its code, its style and its data. It asks nobody for anything, and its
 * policy lets it run no other code than its own.
 */
export function renderExportedPage(exported: ExportedState, code: ExportedCode): string {
  const script = withoutEndTag(code.script, "script");
  const style = withoutEndTag(code.style, "style");
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
<noscript><p>Expected JavaScript to be on, since this page draws tables and charts with it.</p></noscript>
<div id="app"></div>
<script type="application/json" id="page-state">${toInertJson(exported)}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

/** JSON in which no sign can end the element that it stands in, or begin a comment. */
function toInertJson(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** In our own code such text stands only within strings, where the slash may be escaped. */
function withoutEndTag(code: string, tag: "script" | "style"): string {
  return code.replaceAll(`</${tag}`, `<\\/${tag}`).replaceAll("<!--", "<\\!--");
}

function toSource(content: string): string {
  return `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
}

const SIGNS: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function toText(text: string): string {
  return text.replace(/[&<>]/g, (sign) => SIGNS[sign] ?? sign);
}
