import { isUtf8 } from "node:buffer";
import { expectation } from "../../errors.ts";
import { type AnyFrame, toFrameOf } from "../../frame/frame.ts";
import { NumericItems } from "./numeric-items.ts";
import { PostgresItems, type Refused } from "./postgres-items.ts";
import type { RowTaker } from "./postgres-session.ts";
import type { ColumnReading } from "./postgres-types.ts";
import { RowBlock } from "./row-block.ts";
import type { WireBody } from "./wire-messages.ts";

const PROGRESS_STEP_MS = 250;

interface ResultSpec {
  /** in the order of the columns */
  readonly names: readonly string[];
  readonly readings: readonly ColumnReading[];
  /** whether the server vouches for its texts: one that knows no encoding does not */
  readonly isUtf8: boolean;
  readonly progress: ((rows: number) => void) | undefined;
}

/** The columns of a result while its rows come, block by block. */
export class ResultColumns implements RowTaker {
  readonly #spec: ResultSpec;
  readonly #block: RowBlock;
  #toldMs = performance.now();

  constructor(spec: ResultSpec) {
    this.#spec = spec;
    this.#block = new RowBlock(spec.names.length);
  }

  onRow(body: WireBody): void {
    this.#block.add(body);
  }

  /** @throws {HexError} HEX_DATA_INVALID for a value that its column cannot take */
  onBlockEnd(): void {
    const block = this.#block;
    const { bytes, rows } = block;
    if (bytes === undefined) return;
    for (const [column, { items }] of this.#spec.readings.entries()) {
      if (!this.#spec.isUtf8) this.#checkTexts(column, bytes);
      const first = items.read({ bytes, fields: block, expectedRows: 0 }, column, 0);
      if (first < rows) throw this.#misfit(column, first, bytes);
    }
    block.clear();
    this.#tellProgress();
  }

  /** @throws {HexError} HEX_DATA_INVALID for a decimal that its column cannot take after all */
  toFrame(): AnyFrame {
    const { names, readings, progress } = this.#spec;
    const rows = this.#block.rowsBefore;
    progress?.(rows);
    return toFrameOf(
      names.map((name, column) => {
        const items = readings[column]?.items;
        if (items === undefined) throw new Error("Each column has its items");
        const lost = items instanceof NumericItems ? items.findLost() : undefined;
        if (lost !== undefined) throw refusedError(name, lost.row, lost.refused);
        return { name, type: items.type ?? "string", data: items.toData(rows) };
      }),
    );
  }

  #tellProgress(): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < PROGRESS_STEP_MS) return;
    this.#toldMs = nowMs;
    this.#spec.progress?.(this.#block.rowsBefore);
  }

  #checkTexts(column: number, bytes: Buffer): void {
    const { starts, ends, rows, rowsBefore, width } = this.#block;
    for (let row = 0; row < rows; row++) {
      const field = row * width + column;
      if (this.#spec.readings[column]?.format === "binary") return;
      if (isUtf8(bytes.subarray(starts[field], ends[field]))) continue;
      throw refusedError(this.#spec.names[column] ?? "", rowsBefore + row, {
        expected: "text in UTF-8",
        got: "other bytes",
        hint: "the database has the encoding SQL_ASCII, which is none: convert_from(x::bytea, 'LATIN1') reads one",
      });
    }
  }

  #misfit(column: number, row: number, bytes: Buffer) {
    const { starts, ends, rowsBefore, width } = this.#block;
    const field = row * width + column;
    const items = this.#spec.readings[column]?.items;
    if (!(items instanceof PostgresItems)) throw new Error("A text is taken as it is");
    const refused = items.refuse(bytes, Number(starts[field]), Number(ends[field]));
    return refusedError(this.#spec.names[column] ?? "", rowsBefore + row, refused);
  }
}

function refusedError(name: string, row: number, refused: Refused) {
  const place = `column ${JSON.stringify(name)}, row ${row + 1},`;
  return expectation("HEX_DATA_INVALID", { place, ...refused });
}
