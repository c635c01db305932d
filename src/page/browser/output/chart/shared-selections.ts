import { changeset, truthy, type View } from "vega";

/** A chart that shares its selections. */
export interface SelectingChart {
  readonly view: View;
  /** names of its selections */
  readonly names: ReadonlySet<string>;
  /** names of its columns */
  readonly columns: ReadonlySet<string>;
}

/** A selection as Vega-Lite stores it: the fields that are chosen by, and their values; or one row. */
interface StoredSelection {
  readonly fields?: readonly { readonly field: string }[];
  /** of a row, as long as the chart shows it */
  readonly _vgsid_?: number;
}

const charts = new Set<SelectingChart>();
let isSharing = false;

/**
 * Makes selections of one name in several charts of the page one selection, as far as a chart has the
 * columns that are chosen by. Gives the function that ends it.
 */
export function shareSelections(chart: SelectingChart): () => void {
  charts.add(chart);
  for (const name of chart.names) {
    chart.view.addDataListener(storeOf(name), (_, stored: readonly StoredSelection[]) => {
      if (isSharing) return;
      for (const other of charts) {
        if (other !== chart && other.names.has(name) && canTake(other, stored)) {
          void take(other, name, stored);
        }
      }
    });
  }
  return () => charts.delete(chart);
}

/** Rows that are chosen themselves, not by a value, are chosen no more when others take their place. */
export function forgetChosenRows(view: View, names: ReadonlySet<string>): void {
  for (const name of names) {
    const stored: readonly StoredSelection[] = view.data(storeOf(name));
    if (stored.some(isOneRow)) view.change(storeOf(name), changeset().remove(truthy));
  }
}

function isOneRow(stored: StoredSelection): boolean {
  return "_vgsid_" in stored;
}

function storeOf(name: string): string {
  return `${name}_store`;
}

/** A row is known to its own chart alone. */
function canTake({ columns }: SelectingChart, stored: readonly StoredSelection[]): boolean {
  return stored.every((each) => {
    return !isOneRow(each) && (each.fields ?? []).every(({ field }) => columns.has(field));
  });
}

/** Copies, for Vega marks what it holds. */
async function take(
  { view }: SelectingChart,
  name: string,
  stored: readonly StoredSelection[],
): Promise<void> {
  view.data(
    storeOf(name),
    stored.map((each) => ({ ...each })),
  );
  isSharing = true;
  try {
    await view.runAsync();
  } finally {
    isSharing = false;
  }
}
