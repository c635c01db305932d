// The public names, one a line; everything else may change without notice.
export type {
  CachedOptions,
  Cell,
  CellContext,
  CellOptions,
  FrameStore,
  PublishedFrames,
} from "./cell/cell.ts";
export { cached, cell } from "./cell/cell.ts";
export {
  button,
  checkbox,
  date,
  dateRange,
  dropdown,
  multiselect,
  number,
  slider,
  text,
} from "./cell/input.ts";
export type { DateRange, InputWidget } from "./cell/input-widget.ts";
export type { Chart, ChartSpec, Markdown } from "./cell/output.ts";
export { chart, markdown } from "./cell/output.ts";
export { over } from "./cell/over.ts";
export type { RunContext } from "./cell/run-context.ts";
export type { FromCommandOptions } from "./data/command/command-options.ts";
export { fromCommand } from "./data/command/from-command.ts";
export type { PostgresParameter, ReadPostgresOptions } from "./data/postgres/postgres-options.ts";
export { readPostgres } from "./data/postgres/read-postgres.ts";
export type { QueryOptions } from "./data/query.ts";
export { query } from "./data/query.ts";
export { readSqlite } from "./data/sqlite/read-sqlite.ts";
export type { ReadSqliteOptions, SqliteParameter } from "./data/sqlite/sqlite-options.ts";
export type { ErrorCode } from "./errors.ts";
export { HexError } from "./errors.ts";
export type { ArrowOptions } from "./frame/arrow/arrow-options.ts";
export { frameToArrow } from "./frame/arrow/arrow-write.ts";
export type { ReadArrowOptions } from "./frame/arrow/read-arrow.ts";
export { frameFromArrow, readArrow } from "./frame/arrow/read-arrow.ts";
export type { ByteSource } from "./frame/csv/read/csv-blocks.ts";
export type { CsvColumnReport, CsvReport } from "./frame/csv/read/csv-report.ts";
export type { ReadCsvOptions } from "./frame/csv/read/read-csv.ts";
export { frameFromCsv, readCsv } from "./frame/csv/read/read-csv.ts";
export { frameToCsv } from "./frame/csv/write/csv-write.ts";
export type { ReadExcelOptions } from "./frame/excel/excel-options.ts";
export { readExcel } from "./frame/excel/read-excel.ts";
export { desc, Frame } from "./frame/frame.ts";
export { frameToJson } from "./frame/json.ts";
export type { ReadJsonOptions } from "./frame/json-read/read-json.ts";
export { readJson } from "./frame/json-read/read-json.ts";
export type { ReadParquetOptions } from "./frame/parquet/parquet-options.ts";
export { readParquet } from "./frame/parquet/read-parquet.ts";
export { writeParquet } from "./frame/parquet/write-parquet.ts";
export { frame } from "./frame/rows.ts";
export type { Column, ColumnType, Schema, SchemaSpec, Value } from "./frame/schema.ts";
export {
  count,
  distinctCount,
  max,
  mean,
  median,
  min,
  stdev,
  sum,
} from "./frame/verb/aggregate.ts";
