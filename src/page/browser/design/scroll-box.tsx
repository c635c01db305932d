import type { ComponentChildren, JSX, Ref } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface ScrollBoxProps {
  readonly class: string;
  /** its content, for those who listen */
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

interface LogBoxProps extends Pick<ScrollBoxProps, "class" | "label" | "children"> {
  readonly lines: readonly unknown[];
}

/** So near to its end a log counts as followed. */
const NEAR_PX = 24;

/** Lines of a log; the newest stays visible unless the viewer has scrolled away from it. */
export function LogBox({ lines, ...others }: LogBoxProps): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const isFollowed = useRef(true);
  useEffect(() => {
    const { current } = box;
    if (current !== null && isFollowed.current) current.scrollTop = current.scrollHeight;
  }, [lines]);
  return (
    <ScrollBox
      boxRef={box}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isFollowed.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      }}
      {...others}
    />
  );
}
