import type { View } from "vega";

/** A chart that shares its selections. */
export interface SelectingChart {
  readonly view: View;
  /** names of its selections */
  readonly names: ReadonlySet<string>;
  /** names of its columns */
  readonly columns: ReadonlySet<string>;
}

/** What Vega-Lite keeps of a selection: the fields that are chosen by, and their values. */
interface StoredSelection {
  readonly fields?: readonly { readonly field: string }[];
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

function storeOf(name: string): string {
  return `${name}_store`;
}

function canTake({ columns }: SelectingChart, stored: readonly StoredSelection[]): boolean {
  return stored.every(({ fields = [] }) => fields.every(({ field }) => columns.has(field)));
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
