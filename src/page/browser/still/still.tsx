import { options } from "preact";
import { renderToString } from "preact-render-to-string";
import type { PageState } from "../../page-state.ts";
import type { DrawPage } from "../../still-page.ts";
import { markdownEffort, plainMarkdownHtml } from "../output/markdown/markdown-html.ts";
import { StillPage, type StillParts } from "../output/still-parts.ts";
import { FixedPage, toFixed } from "../published/cell-view.tsx";
import { OpenPage } from "../published/open-page.tsx";
import { toTabSlugs } from "../published/page-body.tsx";
import { fixedEffects } from "../published/page-effects.ts";
import { PageStore } from "../published/page-store.ts";
import { StillTable } from "./still-table.tsx";

/** Of all Markdown of a page, about 100 ms at most: everyone else waits for it, and texts may come with the data. */
const MOST_EFFORT = 2 ** 22;

/** Draws a page as it opens, with no browser: what it looks like until its code runs. */
export const drawPage: DrawPage = (state, { isEmbedded = false, cut }) => {
  const store = new PageStore(fixedEffects(state));
  store.open();
  const { view } = store;
  if (view.model === undefined) throw new Error("a page whose state is known is open");
  const styles = new StyleRules();
  const before = options.vnode;
  options.vnode = (vnode) => {
    if (typeof vnode.type === "string") styles.take(vnode.props as Record<string, unknown>);
    before?.(vnode);
  };
  try {
    const html = renderToString(
      <StillPage.Provider value={toParts()}>
        <FixedPage.Provider value={cut === undefined ? null : toFixed(cut)}>
          {otherTabs(state).map((slug) => (
            <span key={slug} class="other-tab" id={`tab=${slug}`} />
          ))}
          <OpenPage store={store} view={view} model={view.model} isEmbedded={isEmbedded} />
        </FixedPage.Provider>
      </StillPage.Provider>,
    );
    return { html, style: styles.text };
  } finally {
    if (before === undefined) delete options.vnode;
    else options.vnode = before;
  }
};

/** The tabs that are not drawn: the address of one of them hides the one that is. */
function otherTabs({ layout: { tabs } }: PageState): readonly string[] {
  return toTabSlugs(tabs.map(({ title }) => title ?? "")).slice(1);
}

/** The policy of the page lets no element have a style of its own: each gets a rule instead. */
class StyleRules {
  readonly #rules = new Map<string, number>();

  take(props: Record<string, unknown>): void {
    const { style } = props;
    if (typeof style !== "object" || style === null) return;
    const rule = Object.entries(style)
      .map(([name, value]) => `${name}:${toValue(name, value)}`)
      .join(";");
    const number = this.#rules.get(rule) ?? this.#rules.size;
    this.#rules.set(rule, number);
    props["style"] = undefined;
    props["data-style"] = number;
  }

  get text(): string {
    return [...this.#rules].map(([rule, number]) => `[data-style="${number}"]{${rule}}`).join("");
  }
}

function toValue(name: string, value: unknown): string {
  const text = String(value);
  if (/^-{0,2}[a-z]+(-[a-z]+)*$/.test(name) && /^[\d.]+(px)?$/.test(text)) return text;
  throw new Error(`the style ${name} of a page has no number for its value`);
}

function toParts(): StillParts {
  let effort = 0;
  const isDrawn = (text: string) => {
    effort += markdownEffort(text);
    return effort <= MOST_EFFORT;
  };
  return {
    Table: StillTable,
    Markdown: ({ text }) =>
      stillMarkdown(text, isDrawn(text) ? plainMarkdownHtml(text) : undefined),
  };
}

/** Markdown that is safe as it is; all other keeps its place until the browser has sanitised it. */
function stillMarkdown(text: string, html: string | undefined) {
  if (html === undefined) return <div class="markdown markdown-waiting">{text}</div>;
  // the text has no HTML, and all of it is escaped
  return <div class="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
