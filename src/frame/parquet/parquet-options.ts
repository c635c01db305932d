import type { ArrowOptions } from "../arrow/arrow-options.ts";

/**
 * How columns of Parquet are read that a frame has no type for: as those of Arrow.
 * @example
 * const options: ReadParquetOptions = { decimals: "number", nested: "json" };
 */
export type ReadParquetOptions = ArrowOptions;
