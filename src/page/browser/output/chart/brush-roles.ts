import type { Mark, Spec } from "vega";

/** The rectangles of a selection are no marks to be heard of, and Vega gives them no name. */
export function withoutBrushRoles(spec: Spec): Spec {
  const marks = spec.marks?.map((mark): Mark => {
    if (mark.type === "group") return { ...mark, ...withoutBrushRoles(mark) };
    return /_brush(?:_bg)?$/.test(mark.name ?? "") ? { ...mark, aria: false } : mark;
  });
  return marks === undefined ? spec : { ...spec, marks };
}
