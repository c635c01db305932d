import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { JsonValue } from "../../../run/cell-output.ts";
import { CopyButton } from "./copy-button.tsx";

const OPEN_ITEMS = 20;
const PAGE_ITEMS = 100;

/** JSON as a tree of parts that open and close; what is closed is not drawn. */
export function JsonTree(props: { readonly name: string; readonly json: JsonValue }): JSX.Element {
  const { name, json } = props;
  return (
    <div class="json">
      <div class="toolbar">
        <span class="toolbar-space" />
        <CopyButton
          label={`Copy the JSON of ${name}`}
          read={async () => ({ text: JSON.stringify(json, null, 2) })}
        />
      </div>
      <div class="json-tree">
        <JsonPart json={json} isOpen />
      </div>
    </div>
  );
}

interface JsonPartProps {
  readonly json: JsonValue;
  readonly label?: string;
  readonly isOpen?: boolean;
}

function JsonPart({ json, label, isOpen = false }: JsonPartProps): JSX.Element {
  const [open, setOpen] = useState(isOpen);
  const key = label === undefined ? null : <span class="json-key">{label}: </span>;
  if (typeof json !== "object" || json === null) {
    return (
      <div class="json-leaf">
        {key}
        <span class={`json-${json === null ? "null" : typeof json}`}>{JSON.stringify(json)}</span>
      </div>
    );
  }
  const isList = Array.isArray(json);
  const items: [string, JsonValue][] = Object.entries(json);
  const said = isList ? `[${items.length}]` : `{${items.length}}`;
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {key}
        <span class="json-size">{said}</span>
      </summary>
      {open && <JsonItems items={items} opensSmall={items.length <= OPEN_ITEMS && isOpen} />}
    </details>
  );
}

interface JsonItemsProps {
  readonly items: readonly [string, JsonValue][];
  /** whether small parts are open from the start */
  readonly opensSmall: boolean;
}

function JsonItems({ items, opensSmall }: JsonItemsProps): JSX.Element {
  const [shown, setShown] = useState(PAGE_ITEMS);
  const more = Math.min(PAGE_ITEMS, items.length - shown);
  return (
    <div class="json-items">
      {items.slice(0, shown).map(([label, json]) => (
        <JsonPart key={label} label={label} json={json} isOpen={opensSmall && isSmall(json)} />
      ))}
      {more > 0 && (
        <button type="button" class="tool" onClick={() => setShown(shown + PAGE_ITEMS)}>
          {`Show ${more} more of ${items.length - shown}`}
        </button>
      )}
    </div>
  );
}

function isSmall(json: JsonValue): boolean {
  return typeof json === "object" && json !== null && Object.keys(json).length <= 8;
}
