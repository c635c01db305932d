import type { JSX } from "preact";
import { MarkdownText } from "../output/markdown-text.tsx";
import { FreshnessBar } from "./freshness-bar.tsx";
import { hasOwnHeading } from "./own-heading.ts";
import type { PageModel } from "./page-model.ts";

/** The head of a page: its title, what it is about, and how current it is. */
export function Masthead({ model }: { readonly model: PageModel }): JSX.Element {
  const { state } = model;
  const { title, description } = state;
  const isTitled = description !== null || !hasOwnHeading(model);
  return (
    <div class="masthead">
      <h1 class={isTitled ? "masthead__title" : "only-heard"}>{title}</h1>
      {description !== null && (
        <div class="masthead__description">
          <MarkdownText text={description} />
        </div>
      )}
      <FreshnessBar {...state} />
    </div>
  );
}
