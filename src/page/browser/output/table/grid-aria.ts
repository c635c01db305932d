import { h, options } from "preact";

/**
 * Corrects the roles that the grid gives its parts: the cells of a grid are no cells of a table, the
 * corner is the head of the row numbers, and neither heads of rows nor the handles that resize have
 * the attributes `aria-checked` and `aria-orientation` (that a row is chosen, the row itself tells,
 * and the box that shows it is a picture for the eye alone).
 */
export function mendGridRoles(): void {
  if (isMended) return;
  isMended = true;
  const before = options.vnode;
  options.vnode = (vnode) => {
    const props: Record<string, unknown> = vnode.props;
    if (vnode.type === "td") mendCell(props);
    else if (vnode.type === "th") props["aria-checked"] = undefined;
    else if (vnode.type === "input" && props["role"] === "presentation") {
      props["aria-hidden"] = "true";
    } else if (vnode.type === "span" && props["role"] === "spinbutton") {
      props["aria-orientation"] = undefined;
    }
    before?.(vnode);
  };
}

function mendCell(props: Record<string, unknown>): void {
  // to delete it would make each of these objects slow
  props["aria-checked"] = undefined;
  if (props["role"] === "cell") props["role"] = "gridcell";
  const isCorner = props["role"] === undefined && props["aria-colindex"] === 1;
  if (!isCorner) return;
  props["role"] = "columnheader";
  props["children"] = [props["children"], h("span", { class: "only-heard" }, "Row")];
}

let isMended = false;

/** Gives a grid a name of its own; it calls itself "caption", as does every other of the page. */
export function nameGrid(element: HTMLElement, id: string, name: string): void {
  const caption = element.querySelector("caption");
  if (caption === null) return;
  caption.id = id;
  caption.textContent = name;
  for (const part of element.querySelectorAll('[aria-labelledby="caption"], table')) {
    part.setAttribute("aria-labelledby", id);
  }
}
