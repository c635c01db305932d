import type { JSX } from "preact";
import { ALL_RUNS, type RunFilter } from "./runs-place.ts";
import type { Go } from "./use-place.ts";

const CONTEXTS = ["logic", "app", "scheduled", "api-triggered"];
const STATES = ["queued", "running", "completed", "failed", "cancelled"];

interface RunFiltersProps {
  readonly filter: RunFilter;
  readonly go: Go;
}

/** Which runs are listed; it stands in the address, so that it can be shared. */
export function RunFilters({ filter, go }: RunFiltersProps): JSX.Element {
  const set = (change: Partial<RunFilter>) =>
    go({ view: "runs", filter: { ...filter, ...change } }, "replace");
  const isFiltered = Object.values(filter).some((value) => value !== "");
  return (
    <form class="runs-filters" aria-label="Which runs" onSubmit={(event) => event.preventDefault()}>
      <Choice
        label="Context"
        value={filter.context}
        values={CONTEXTS}
        onChoose={(context) => set({ context })}
      />
      <Choice
        label="State"
        value={filter.state}
        values={STATES}
        onChoose={(state) => set({ state })}
      />
      {filter.schedule !== "" && (
        <p class="runs-filter">
          Filed by the schedule <strong>{filter.schedule}</strong>
        </p>
      )}
      {isFiltered && (
        <button
          type="button"
          class="button"
          onClick={() => go({ view: "runs", filter: ALL_RUNS }, "replace")}
        >
          All runs
        </button>
      )}
    </form>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly values: readonly string[];
  readonly onChoose: (value: string) => void;
}

function Choice({ label, value, values, onChoose }: ChoiceProps): JSX.Element {
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
