import type { CutTable } from "./export-page.ts";
import type { PageState } from "./page-state.ts";

/** A page as it opens, drawn without a browser. */
export interface DrawnPage {
  /** its elements; none of them has a style of its own */
  readonly html: string;
  /** the rules that give them theirs */
  readonly style: string;
}

/** How a page is to be drawn. */
interface DrawOptions {
  /** shown within another page: without its head */
  readonly isEmbedded?: boolean;
  /** the page of a file, and the tables of which that holds the first rows only */
  readonly cut?: readonly CutTable[];
}

/** Draws a page, as the code of the page itself does in a browser. */
export type DrawPage = (state: PageState, options: DrawOptions) => DrawnPage;

/** Gives what draws pages, as it was built, when it is first asked for; undefined when it was not. */
export function cacheDrawPage(runtimeUrl: string): () => Promise<DrawPage | undefined> {
  let reading: Promise<DrawPage | undefined> | undefined;
  return () => {
    reading ??= importDrawPage(runtimeUrl);
    return reading;
  };
}

async function importDrawPage(runtimeUrl: string): Promise<DrawPage | undefined> {
  const { href } = new URL("./still/still.js", runtimeUrl);
  const module: { readonly drawPage: DrawPage } | undefined = await import(href).catch(
    () => undefined,
  );
  return module?.drawPage;
}
