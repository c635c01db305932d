import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { nextTab } from "./next-tab.ts";

interface TabsProps {
  /** beginning of the ids of tabs and of their panels */
  readonly id: string;
  readonly titles: readonly string[];
  readonly current: number;
  readonly onChoose: (index: number) => void;
}

/** Tabs as ARIA has them: arrows, Home and End go from one to the next. */
export function Tabs({ id, titles, current, onChoose }: TabsProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const index = nextTab(event.key, current, titles.length);
    if (index === undefined) return;
    event.preventDefault();
    onChoose(index);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[index]?.focus();
  };
  return (
    <div class="tabs" role="tablist" ref={list} onKeyDown={onKeyDown}>
      {titles.map((title, index) => (
        <button
          key={title}
          type="button"
          class="tabs__tab"
          role="tab"
          id={`${id}-tab-${index}`}
          aria-selected={index === current}
          aria-controls={index === current ? `${id}-panel-${index}` : undefined}
          tabIndex={index === current ? 0 : -1}
          onClick={() => onChoose(index)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
