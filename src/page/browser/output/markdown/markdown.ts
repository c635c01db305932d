import createPurifier from "dompurify";
import { Marked, type TokenizerAndRendererExtension, type Tokens } from "marked";

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
function markdownHtml(text: string): string {
  return String(marked.parse(text));
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

const purifier = createPurifier();

/** Classes that our own Markdown makes; all others would let prose look like the page itself. */
const OWN_CLASS = /^(?:language-[\w+#-]+|math-inline|math-block)$/;

purifier.addHook("afterSanitizeAttributes", (node) => {
  const own = (node.getAttribute("class") ?? "")
    .split(/\s+/)
    .filter((name) => OWN_CLASS.test(name));
  if (own.length > 0) node.setAttribute("class", own.join(" "));
  else node.removeAttribute("class");
});

/** The nodes of some HTML that are safe to show. */
function safeFragment(html: string): DocumentFragment {
  const fragment = purifier.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    USE_PROFILES: { html: true },
    FORBID_TAGS: [
      ...["style", "form", "input", "button", "textarea", "select", "option", "fieldset", "label"],
      ...["audio", "video", "source", "track", "picture", "map", "area", "dialog", "template"],
    ],
    // ids and names could stand in for the page's own; styles could cover it
    FORBID_ATTR: ["style", "id", "name", "srcset", "sizes", "background", "slot", "is", "popover"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP:
      /^(?:https?:|mailto:|#|\/|\.|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$)|data:image\/)/i,
  });
  for (const link of fragment.querySelectorAll("a")) secureLink(link);
  for (const image of fragment.querySelectorAll("img")) secureImage(image);
  return fragment;
}

function secureLink(link: HTMLAnchorElement): void {
  const url = link.getAttribute("href");
  if (url === null || isFile(url)) {
    // what is no link is not to look like one
    link.replaceWith(...link.childNodes);
  } else if (addressOf(url)?.origin !== location.origin) {
    link.rel = "noopener noreferrer";
    link.target = "_blank";
  }
}

/** Pictures from elsewhere would tell others who looks at a page. */
function secureImage(image: HTMLImageElement): void {
  const url = addressOf(image.getAttribute("src") ?? "");
  if (!image.hasAttribute("alt")) image.alt = "";
  image.loading = "lazy";
  if (url?.protocol === "data:" || (url?.origin === location.origin && !isFile(url.href))) return;
  image.replaceWith(`[${image.alt || "picture"}: pictures from other sites are not shown]`);
}

/**
 * Whether an address leads to a file of the viewer of a page that is a file, or to a machine that
 * shares files: all of these have the same origin there. Places in the page itself are none.
 */
function isFile(url: string): boolean {
  return !url.startsWith("#") && addressOf(url)?.protocol === "file:";
}

function addressOf(url: string): URL | undefined {
  return URL.canParse(url, location.href) ? new URL(url, location.href) : undefined;
}
