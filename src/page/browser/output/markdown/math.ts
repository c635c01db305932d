import temml from "temml";

/** Draws the TeX in these elements as MathML. */
export function drawMath(elements: Iterable<HTMLElement>): void {
  for (const element of elements) {
    const tex = element.textContent ?? "";
    const displayMode = element.classList.contains("math-block");
    try {
      temml.render(tex, element, { displayMode, throwOnError: true, strict: false });
    } catch {
      // the TeX itself says more to a reader than a parser's complaint
      element.textContent = tex;
      element.classList.add("math-wrong");
    }
  }
}
