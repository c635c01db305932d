import type { ViewerPlace } from "../../../run/light/light-ask.ts";
import { askRows, csvAddress } from "../ask/ask-page.ts";
import type { RowsSource } from "../output/rows-source.ts";

/**
 * Where more rows of what a cell shows are read: by the version and inputs that its output is of,
 * which may be older than what the inputs stand at now.
 */
export function cellRows(cell: string, place: ViewerPlace, shownAt: number): RowsSource {
  return {
    key: `${JSON.stringify(place)} ${shownAt}`,
    read: (span, signal) => askRows({ ...place, ...span, cell }, signal),
    csvUrl: (order) => csvAddress({ ...place, ...order, cell }),
  };
}
