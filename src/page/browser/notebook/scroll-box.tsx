import type { ComponentChildren, JSX, Ref } from "preact";

interface ScrollBoxProps {
  readonly class: string;
  /** what is in it, for those who listen */
  readonly label: string;
  readonly children: ComponentChildren;
  readonly boxRef?: Ref<HTMLElement>;
  readonly onScroll?: (event: { readonly currentTarget: HTMLElement }) => void;
}

/** Text of which more may be there than is seen: it is reached and scrolled by keyboard as well. */
export function ScrollBox({ label, children, boxRef, ...others }: ScrollBoxProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what cannot be reached cannot be scrolled
    <section ref={boxRef ?? null} aria-label={label} tabIndex={0} {...others}>
      {children}
    </section>
  );
}
