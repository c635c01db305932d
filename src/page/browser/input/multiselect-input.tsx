import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Option } from "../../../cell/input-widget.ts";
import { Icon } from "../design/icon.tsx";
import type { WidgetProps } from "./field.tsx";
import { choiceLabel, findOptions, optionLabel } from "./option-label.ts";

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

interface MultiselectMenuProps {
  readonly label: string;
  readonly options: readonly Option[];
  readonly chosen: readonly Option[];
  readonly onChoose: (chosen: ReadonlySet<Option>) => void;
}

/** With more options than this they can be sought. */
const MANY = 10;

const MOST_SHOWN = 200;

/** The options as boxes to be ticked, sought where they are many. */
function MultiselectMenu(props: MultiselectMenuProps): JSX.Element {
  const { label, options, chosen, onChoose } = props;
  const [sought, setSought] = useState("");
  const found = findOptions(options, sought);
  if (options.length === 0) {
    return (
      <div class="menu">
        <p class="field__hint">There are no options.</p>
      </div>
    );
  }
  return (
    <div class="menu">
      {options.length > MANY && (
        <input
          class="input menu__search"
          type="search"
          value={sought}
          placeholder="Find…"
          aria-label={`Find among the options of ${label}`}
          onInput={({ currentTarget }) => setSought(currentTarget.value)}
        />
      )}
      <div class="menu__actions">
        {[true, false].map((isChosen) => (
          <button
            key={isChosen}
            type="button"
            class="button button--quiet button--small"
            onClick={() => onChoose(withOptions(chosen, found, isChosen))}
          >
            {sought === ""
              ? `Select ${isChosen ? "all" : "none"}`
              : `${isChosen ? "Select" : "Leave"} found`}
          </button>
        ))}
      </div>
      <fieldset class="menu__options">
        <legend class="only-heard">{label}</legend>
        {found.slice(0, MOST_SHOWN).map((option) => (
          <label key={`${typeof option} ${option}`} class="menu__option">
            <input
              type="checkbox"
              checked={chosen.includes(option)}
              onChange={({ currentTarget: { checked } }) =>
                onChoose(withOptions(chosen, [option], checked))
              }
            />
            {optionLabel(option)}
          </label>
        ))}
        {found.length === 0 && <p class="field__hint">No option has this text in it.</p>}
        {found.length > MOST_SHOWN && (
          <p class="field__hint">{`${found.length - MOST_SHOWN} more: write a part of what you seek.`}</p>
        )}
      </fieldset>
    </div>
  );
}

/** The chosen options, and these or not. */
function withOptions(
  chosen: readonly Option[],
  options: readonly Option[],
  isChosen: boolean,
): ReadonlySet<Option> {
  const next = new Set(chosen);
  for (const option of options) isChosen ? next.add(option) : next.delete(option);
  return next;
}
