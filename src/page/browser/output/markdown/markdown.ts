import createPurifier from "dompurify";
import { markdownHtml } from "./markdown-html.ts";

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
