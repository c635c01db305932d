import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { RowFilter } from "../../../../frame/rows/row-filter.ts";
import type { FilterTest } from "../../../../frame/rows/typed-range.ts";
import type { ColumnType, Schema } from "../../../../frame/schema.ts";
import { instantText } from "./rows-text.ts";

interface TableFiltersProps {
  readonly columns: Schema;
  /** the column that is chosen at first */
  readonly column: string;
  readonly onAdd: (filter: RowFilter) => void;
}

/** One line of controls that says which rows are to stay. */
export function TableFilters({ columns, column, onAdd }: TableFiltersProps): JSX.Element {
  const id = useId();
  const [name, setName] = useState(column);
  const type = columns.find((each) => each.name === name)?.type ?? "string";
  const tests = testsOf(type);
  const [chosen, setTest] = useState<FilterTest>("contains");
  const test = tests.includes(chosen) ? chosen : (tests[0] ?? "equals");
  const [value, setValue] = useState("");
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>(".table-value, select")?.focus(), []);

  function add(event: Event): void {
    event.preventDefault();
    if (!needsValue(test)) onAdd({ column: name, test });
    else if (value !== "") onAdd({ column: name, test, value: typedValue(type, value) });
    setValue("");
  }

  return (
    <form class="table-filters" ref={form} onSubmit={add}>
      <Named id={`${id}-column`} name="Column">
        <select
          id={`${id}-column`}
          class="table-control"
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
            setValue("");
          }}
        >
          {columns.map((each) => (
            <option key={each.name} value={each.name}>
              {each.name}
            </option>
          ))}
        </select>
      </Named>
      <Named id={`${id}-test`} name="Test">
        <select
          id={`${id}-test`}
          class="table-control"
          value={test}
          onChange={(event) => setTest(tests[event.currentTarget.selectedIndex] ?? test)}
        >
          {tests.map((each) => (
            <option key={each} value={each}>
              {TEST_NAMES[each]}
            </option>
          ))}
        </select>
      </Named>
      {needsValue(test) && (
        <Named id={`${id}-value`} name="Value">
          <FilterValue id={`${id}-value`} type={type} value={value} onValue={setValue} />
        </Named>
      )}
      <button type="submit" class="tool table-add">
        Add filter
      </button>
    </form>
  );
}

interface FilterValueProps {
  readonly id: string;
  readonly type: ColumnType;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

function FilterValue({ id, type, value, onValue }: FilterValueProps): JSX.Element {
  const control = controlOf(type);
  if (control === "boolean") {
    return (
      <select
        id={id}
        class="table-control"
        value={value}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        <option value="">…</option>
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    );
  }
  const shared = {
    ...({ id, value, autocomplete: "off", class: "table-control table-value" } as const),
    onInput: (event: { readonly currentTarget: HTMLInputElement }) =>
      onValue(event.currentTarget.value),
  };
  return control === "date" || control === "datetime-local" ? (
    <input {...shared} type={control} />
  ) : (
    <input {...shared} type="text" inputmode={control === "number" ? "decimal" : "text"} />
  );
}

interface NamedProps {
  readonly id: string;
  /** only heard */
  readonly name: string;
  readonly children: ComponentChildren;
}

function Named({ id, name, children }: NamedProps): JSX.Element {
  return (
    <>
      <label class="only-heard" for={id}>
        {name}
      </label>
      {children}
    </>
  );
}

/** The names of the tests. */
const TEST_NAMES: Readonly<Record<FilterTest, string>> = {
  contains: "contains",
  equals: "is",
  "at-least": "is at least",
  "at-most": "is at most",
  missing: "is missing",
  present: "is present",
};

/** The tests that make sense for the values of a column. */
function testsOf(type: ColumnType): readonly FilterTest[] {
  if (type === "string") return ["contains", "equals", "missing", "present"];
  if (type === "boolean") return ["equals", "missing", "present"];
  return ["equals", "at-least", "at-most", "missing", "present"];
}

/** Whether a test compares with a value. */
function needsValue(test: FilterTest): boolean {
  return test !== "missing" && test !== "present";
}

/** The kind of control that a value is typed in. */
function controlOf(type: ColumnType): "text" | "number" | "date" | "datetime-local" | "boolean" {
  switch (type) {
    case "date":
    case "boolean":
      return type;
    case "datetime":
    case "instant":
      return "datetime-local";
    case "number":
    case "integer":
    case "bigint":
      return "number";
    case "string":
      return "text";
  }
}

/** The value of a control as filters have it: an instant is typed in the viewer's own time. */
function typedValue(type: ColumnType, typed: string): string {
  if (type !== "instant" || typed === "") return typed;
  const date = new Date(typed);
  if (Number.isNaN(date.getTime())) return typed;
  const iso = date.toISOString();
  // to the minute stands for the whole minute
  return /T\d\d:\d\d$/.test(typed) ? `${iso.slice(0, 16)}Z` : iso;
}

/** A filter in words: "method contains “transit”". */
export function filterText({ column, test, value = "" }: RowFilter, type: ColumnType): string {
  if (!needsValue(test)) return `${column} ${TEST_NAMES[test]}`;
  const shown = type === "instant" ? instantText(value).replace(/:00$/, "") : value;
  const said = controlOf(type) === "text" ? `“${shown}”` : shown.replace("T", " ");
  return `${column} ${TEST_NAMES[test]} ${said}`;
}
