import { Marked, type Token, type TokenizerAndRendererExtension, type Tokens } from "marked";

/** Where Markdown has math: its TeX is the text, and code makes MathML of it. */
const blockMath: TokenizerAndRendererExtension = {
  name: "blockMath",
  level: "block",
  start: (text) => text.match(/^\$\$/m)?.index,
  tokenizer(text) {
    const match = /^\$\$([^$]+)\$\$[ \t]*(?:\n|$)/.exec(text);
    return match === null ? undefined : mathToken("blockMath", match);
  },
  renderer: (token) => `<div class="math-block">${escapeHtml(texOf(token))}</div>`,
};

/** As in other tools: no space inside the dollars and no digit after, so that prices stay prices. */
const inlineMath: TokenizerAndRendererExtension = {
  name: "inlineMath",
  level: "inline",
  start: (text) => text.indexOf("$"),
  tokenizer(text) {
    const display = /^\$\$([^$\n]+)\$\$/.exec(text);
    if (display !== null) return mathToken("inlineMath", display);
    const match = /^\$([^\s$](?:[^$\n]*[^\s$\\])?)\$(?!\d)/.exec(text);
    return match === null ? undefined : mathToken("inlineMath", match);
  },
  renderer: (token) => `<span class="math-inline">${escapeHtml(texOf(token))}</span>`,
};

const marked = new Marked({
  gfm: true,
  async: false,
  extensions: [blockMath, inlineMath],
  renderer: {
    // a page has one h1, and it is the page's title
    heading({ tokens, depth }: Tokens.Heading): string {
      const level = Math.min(depth + 1, 6);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    html: ({ text }: Tokens.HTML | Tokens.Tag) => withoutHandlers(text),
    // form controls are not let through; a task list needs none
    checkbox: ({ checked }: Tokens.Checkbox) => (checked ? "☑ " : "☐ "),
  },
});

/** Markdown as HTML that is not yet safe to show. */
export function markdownHtml(text: string): string {
  return String(marked.parse(text));
}

/**
 * Markdown as HTML that is safe as it is, and what the sanitised one is: of text that has neither
 * HTML nor math nor pictures. Undefined for all other.
 */
export function plainMarkdownHtml(text: string): string | undefined {
  const tokens = marked.lexer(text);
  let isPlain = true;
  void marked.walkTokens(tokens, (token) => {
    isPlain &&= isPlainToken(token);
  });
  if (!isPlain) return undefined;
  // such tags are our own: in the text they are escaped
  return marked
    .parser(tokens)
    .replaceAll("<table>", '<div class="markdown-table"><table>')
    .replaceAll("</table>", "</table></div>");
}

/** What may be more than a letter: each may have the text looked at anew. */
const SIGNS = /[^\p{L}\p{N}\s.,;:'"()?]|\n|\d[.)]/gu;

/** An upper bound of how long a text takes to read as Markdown: of its length times its signs. */
export function markdownEffort(text: string): number {
  return text.length * (text.match(SIGNS)?.length ?? 0);
}

const PLAIN_TOKENS: ReadonlySet<string> = new Set([
  ...["space", "paragraph", "text", "strong", "em", "del", "codespan", "br", "escape", "hr"],
  ...["heading", "list", "list_item", "blockquote", "code", "table", "link", "checkbox"],
]);

function isPlainToken(token: Token): boolean {
  if (!PLAIN_TOKENS.has(token.type)) return false;
  return token.type !== "link" || /^(?:https?:\/\/|mailto:|#)/i.test(token["href"]);
}

/** Ends before the next one begins: of many that never end, each is looked at once. */
const TAG = /<[a-z][^<>]*>/gi;

const HANDLER = /[\s"'/](?:style|on\w+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*)/gi;

/**
 * Drops styles and handlers. Sanitising does it for certain; but a browser that is to parse them
 * first complains of each in its console, as the page's policy forbids them.
 */
function withoutHandlers(html: string): string {
  return html.replace(TAG, (tag) => tag.replace(HANDLER, " "));
}

function mathToken(type: string, match: RegExpExecArray): Tokens.Generic {
  return { type, raw: match[0], text: (match[1] ?? "").trim() };
}

function texOf(token: Tokens.Generic): string {
  return String(token["text"]);
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
