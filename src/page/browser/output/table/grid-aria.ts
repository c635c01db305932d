import { options } from "preact";

/**
 * The grid sets two attributes that its roles do not have: `aria-checked` on heads of rows, whose
 * selection `aria-selected` of the row tells, and `aria-orientation` on the handles that resize.
 */
export function mendGridRoles(): void {
  if (isMended) return;
  isMended = true;
  const before = options.vnode;
  options.vnode = (vnode) => {
    const { type } = vnode;
    if (type === "td" || type === "th" || type === "span") {
      const props: Record<string, unknown> = vnode.props;
      if (type === "span") {
        if (props["role"] === "spinbutton") delete props["aria-orientation"];
      } else {
        delete props["aria-checked"];
      }
    }
    before?.(vnode);
  };
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
