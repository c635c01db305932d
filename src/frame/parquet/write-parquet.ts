import { resolve } from "node:path";
import type { AnyFrame } from "../frame.ts";

/**
 * Writes a frame as a Parquet file that pandas, polars, pyarrow and DuckDB read with these types:
 * whole numbers in 64 bits, days as date32, times to the microsecond, instants in UTC.
 *
 * @param path where to, relative to the working folder; a file that is there is replaced
 * @example
 * const sales = frame([{ city: "Ulm", total: 3n }]);
 * await writeParquet(sales, "/tmp/sales.parquet");
 * (await readParquet("/tmp/sales.parquet")).schema; // → [{ name: "city", type: "string" }, { name: "total", type: "bigint" }]
 */
export async function writeParquet(frame: AnyFrame, path: string): Promise<void> {
  const [{ parquetBlocks }, { saveBlocks }] = await Promise.all([
    import("./parquet-write.ts"),
    import("../file-blocks.ts"),
  ]);
  await saveBlocks(resolve(path), parquetBlocks(frame));
}
