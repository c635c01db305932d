import { type ComponentChild, options, render } from "preact";
import { keepFocus } from "./design/kept-focus.ts";
import { followPrinting } from "./design/printing.ts";
import { applyStoredTheme } from "./design/theme.tsx";

/** Shows a view in the document, as light or dark as the viewer has chosen. */
export function startPage(root: Element, view: ComponentChild): void {
  followPrinting();
  applyStoredTheme();
  keepFocus(root);
  const still = document.querySelector("#still");
  root.replaceChildren();
  still?.remove();
  if (still !== null) settleBeforePaint();
  render(view, root);
}

/**
 * Lets what is drawn after a paint, such as columns of a table once they are measured, be drawn before
 * it: the page takes the place of the one that the server has drawn, and nothing of it moves.
 */
function settleBeforePaint(): void {
  options.requestAnimationFrame = (effects) => queueMicrotask(effects);
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      delete options.requestAnimationFrame;
    }),
  );
}
