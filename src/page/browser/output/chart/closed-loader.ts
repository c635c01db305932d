import type { Loader } from "vega";

const REFUSAL = "charts read nothing from elsewhere";

/** What Vega fetches with: nothing, save pictures that are in the specification itself. */
export function closedLoader(): Loader {
  const refuse = async (): Promise<never> => {
    throw new Error(REFUSAL);
  };
  return {
    load: refuse,
    http: refuse,
    file: refuse,
    async sanitize(uri: string, options: { readonly context?: string }) {
      if (options.context === "href")
        return { href: linkOf(uri), target: "_blank", rel: "noopener" };
      if (/^data:image\/(?:png|jpeg|gif|webp);/i.test(uri)) return { href: uri };
      throw new Error(REFUSAL);
    },
  } as Loader;
}

function linkOf(uri: string): string {
  const url = URL.canParse(uri, location.href) ? new URL(uri, location.href) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url.href;
  throw new Error("links lead to http or https addresses");
}
