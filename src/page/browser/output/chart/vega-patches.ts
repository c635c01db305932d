import type { Loader, LoggerInterface, Mark, Spec } from "vega";
import { Handler } from "vega-tooltip";

const REFUSAL = "charts read nothing from elsewhere";

/** A loader that fetches nothing, save pictures that are in the specification itself. */
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

/** Hears what Vega would write to the console, and keeps the first fault. */
export class ChartFaults implements LoggerInterface {
  #first: string | undefined;

  level(): number;
  level(value: number): this;
  level(value?: number): this | number {
    return value === undefined ? 0 : this;
  }

  error(...words: readonly unknown[]): this {
    this.#first ??= words.map((each) => (each instanceof Error ? each.message : each)).join(" ");
    return this;
  }

  warn(): this {
    return this;
  }

  info(): this {
    return this;
  }

  debug(): this {
    return this;
  }

  /** Begins anew. */
  forget(): void {
    this.#first = undefined;
  }

  /** @throws {Error} with Vega's words on the first fault, when there was one */
  throwFirst(): void {
    if (this.#first !== undefined) throw new Error(this.#first);
  }
}

/** The tooltip of the mark under the pointer; its styles are in chart.css. */
export function tooltipHandler(): Handler["call"] {
  return new Handler({ disableDefaultStyle: true, theme: "page", formatTooltip }).call;
}

function formatTooltip(value: unknown): string {
  if (typeof value !== "object" || value === null) return escapeHtml(String(value));
  const lines = Object.entries(value).map(([name, each]) => {
    return `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(String(each))}</td></tr>`;
  });
  return `<table><tbody>${lines.join("")}</tbody></table>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
}

/** The rectangles of a selection are no marks to be heard of, and Vega gives them no name. */
export function withoutBrushRoles(spec: Spec): Spec {
  const marks = spec.marks?.map((mark): Mark => {
    if (mark.type === "group") return { ...mark, ...withoutBrushRoles(mark) };
    return /_brush(?:_bg)?$/.test(mark.name ?? "") ? { ...mark, aria: false } : mark;
  });
  return marks === undefined ? spec : { ...spec, marks };
}
