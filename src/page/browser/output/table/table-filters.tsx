import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { FilterTest, RowFilter } from "../../../../frame/rows/row-filter.ts";
import type { ColumnType, Schema } from "../../../../frame/schema.ts";
import { controlOf, needsValue, TEST_NAMES, testsOf, typedValue } from "./filter-choices.ts";

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
      <label class="only-heard" for={`${id}-column`}>
        Column
      </label>
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
      <label class="only-heard" for={`${id}-test`}>
        Test
      </label>
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
      {needsValue(test) && (
        <FilterValue id={`${id}-value`} type={type} value={value} onValue={setValue} />
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
  const label = (
    <label class="only-heard" for={id}>
      Value
    </label>
  );
  if (control === "boolean") {
    return (
      <>
        {label}
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
      </>
    );
  }
  const shared = { id, value, autocomplete: "off" as const, class: "table-control table-value" };
  const onInput = (event: { readonly currentTarget: HTMLInputElement }) =>
    onValue(event.currentTarget.value);
  if (control === "date" || control === "datetime") {
    const type = control === "date" ? "date" : "datetime-local";
    return (
      <>
        {label}
        <input {...shared} type={type} onInput={onInput} />
      </>
    );
  }
  const mode = control === "number" ? "decimal" : "text";
  return (
    <>
      {label}
      <input {...shared} type="text" inputmode={mode} onInput={onInput} />
    </>
  );
}
