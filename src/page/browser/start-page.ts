import { type ComponentChild, render } from "preact";
import { keepFocus } from "./design/kept-focus.ts";
import { followPrinting } from "./design/printing.ts";
import { applyStoredTheme } from "./design/theme.tsx";

/** Shows a view in the document, as light or dark as the viewer has chosen. */
export function startPage(root: Element, view: ComponentChild): void {
  followPrinting();
  applyStoredTheme();
  root.replaceChildren();
  keepFocus(root);
  render(view, root);
}
