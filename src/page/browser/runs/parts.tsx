import type { ComponentChildren, JSX } from "preact";

interface TableHeadProps {
  /** names of the columns, some with the classes of their heads; absent ones are left out */
  readonly columns: readonly (string | readonly [ComponentChildren, string] | undefined)[];
}

export function TableHead({ columns }: TableHeadProps): JSX.Element {
  return (
    <thead>
      <tr>
        {columns.map((column, index) => {
          if (column === undefined) return null;
          const [name, classes] = typeof column === "string" ? [column] : column;
          return (
            <th key={index} scope="col" class={classes}>
              {name}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

interface FactProps {
  readonly name: string;
  readonly isLong?: boolean;
  readonly children: ComponentChildren;
}

/** A name and a value in a list of class `runs-facts`. */
export function Fact({ name, isLong = false, children }: FactProps): JSX.Element {
  return (
    <div class={isLong ? "runs-fact is-long" : "runs-fact"}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  /** empty for all */
  readonly value: string;
  readonly values: readonly string[];
  readonly onChoose: (value: string) => void;
}

/** A filter of a list: one of several values, or all. */
export function Choice({ label, value, values, onChoose }: ChoiceProps): JSX.Element {
  // A value of a newer release, or a wrong one, stays visible: the server says what it thinks of it.
  const all = value === "" || values.includes(value) ? values : [...values, value];
  return (
    <label class="runs-filter">
      <span>{label}</span>
      <select
        class="input"
        value={value}
        onChange={({ currentTarget }) => onChoose(currentTarget.value)}
      >
        <option value="">all</option>
        {all.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}
