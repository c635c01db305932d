import type { JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { Option } from "../../../cell/input-widget.ts";
import { Icon } from "../design/icon.tsx";
import { MultiselectMenu } from "./multiselect-menu.tsx";
import { choiceLabel } from "./option-label.ts";
import type { WidgetProps } from "./widget-props.ts";

/** Any number of several options. */
export function MultiselectInput(props: WidgetProps<"multiselect">): JSX.Element {
  const { label, widget, value, onValue } = props;
  const id = useId();
  const box = useRef<HTMLDetailsElement>(null);
  const chosen = value as readonly Option[];
  useEffect(() => closeOutside(box.current), []);
  return (
    <div class="field">
      <span class="field__label" id={`${id}-label`}>
        {label}
      </span>
      <details
        class="multiselect"
        ref={box}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || !event.currentTarget.open) return;
          event.currentTarget.open = false;
          event.currentTarget.querySelector("summary")?.focus();
        }}
      >
        <summary class="input multiselect__summary" aria-labelledby={`${id}-label ${id}-chosen`}>
          <span id={`${id}-chosen`} class="multiselect__chosen">
            {choiceLabel(chosen, widget.options)}
          </span>
          <Icon name="chevron" />
        </summary>
        <MultiselectMenu
          label={label}
          options={widget.options}
          chosen={chosen}
          onChoose={(next) => onValue(inOrder(widget.options, next), true)}
        />
      </details>
    </div>
  );
}

/** A list in the order of the options, so that the same choice is the same address. */
function inOrder(options: readonly Option[], chosen: ReadonlySet<Option>): readonly Option[] {
  return options.filter((option) => chosen.has(option));
}

/** Closes a menu when something else is clicked or focused. */
function closeOutside(box: HTMLDetailsElement | null): () => void {
  const stop = new AbortController();
  const close = ({ target }: Event) => {
    if (box?.open && target instanceof Node && !box.contains(target)) box.open = false;
  };
  document.addEventListener("pointerdown", close, { signal: stop.signal });
  document.addEventListener("focusin", close, { signal: stop.signal });
  return () => stop.abort();
}
