import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Schema } from "../../../../frame/schema.ts";
import type { FrameOutput } from "../../../../run/cell-output.ts";
import type { RowsOrder, RowsSource } from "../rows-source.ts";
import { RowBlocks } from "./row-blocks.ts";
import { fromRows } from "./row-rules.ts";

/** A table as it stands: its rows, their order, and what went wrong. */
export interface GridRows {
  /** the same list as long as the columns are the same */
  readonly columns: Schema;
  readonly blocks: RowBlocks;
  /** where the rows are read: in the browser when all of them are there */
  readonly source: RowsSource;
  readonly order: RowsOrder;
  /** where the server has all rows that pass as a file */
  readonly csvUrl: string | undefined;
  /** that once it is sure that they are there; where it is not given, they always are */
  readonly readyCsvUrl: (() => Promise<string | undefined>) | undefined;
  readonly isReading: boolean;
  /** whether its rows have to be computed anew before more of them can be read */
  readonly isRenewing: boolean;
  /** one sentence */
  readonly failure: string | null;
  /** goes up whenever rows came */
  readonly change: number;
  arrange(order: RowsOrder): void;
  reportFailure(message: string): void;
}

/** Reads the rows of a table as they become visible, and again when there are others. */
export function useTableRows(output: Omit<FrameOutput, "kind">, rows: RowsSource): GridRows {
  const { head } = output;
  const shape = output.columns.map(({ name, type }) => `${type} ${name}`).join("\n");
  const columns = useMemo(() => output.columns, [shape]);
  const isWhole = output.rows <= head.length;
  const source = useMemo(
    (): RowsSource => (isWhole ? { ...fromRows(head, columns), key: rows.key } : rows),
    [rows.key, isWhole],
  );
  const [change, setChange] = useState(0);
  const [failure, setFailure] = useState<string | null>(null);
  const [order, setOrder] = useState<RowsOrder>({});
  const blocks = useMemo(
    () =>
      new RowBlocks(source, output, {
        onChange: () => setChange((count) => count + 1),
        onFailure: setFailure,
      }),
    [shape],
  );
  const shown = useRef({ blocks, source });
  useLayoutEffect(() => {
    // other columns have their own blocks, in no order
    if (shown.current.blocks !== blocks) setOrder({});
    else if (shown.current.source !== source) blocks.show(source, output);
    shown.current = { blocks, source };
  }, [blocks, source]);
  useEffect(() => () => blocks.close(), [blocks]);
  const { readyCsvUrl } = rows;
  return {
    columns,
    blocks,
    source,
    order,
    csvUrl: rows.csvUrl(order),
    readyCsvUrl: readyCsvUrl && (() => readyCsvUrl(order, new AbortController().signal)),
    isReading: blocks.isReading,
    isRenewing: blocks.isRenewing,
    failure,
    change,
    reportFailure: setFailure,
    arrange(next) {
      setOrder(next);
      blocks.arrange(next, output);
    },
  };
}
