import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { readCsv, type SchemaSpec } from "hex-runtime";

const data = fileURLToPath(new URL("../../../node_modules/vega-datasets/data", import.meta.url));

/** What flies: the first percent of every hundred flights, so that a smaller share is spread out. */
const views = (percent: number) => `
CREATE VIEW airports AS
  SELECT iata, city || ' (' || iata || ')' AS airport, latitude, longitude
  FROM read_csv('${data}/airports.csv');
CREATE VIEW flights AS
  SELECT date AS departure, f.date::DATE AS day, isodow(f.date) AS weekday, hour(f.date) AS hour,
    o.airport AS origin, d.airport AS destination, distance AS miles, delay
  FROM read_parquet('${data}/flights-3m.parquet', file_row_number = true) f
  JOIN airports o ON o.iata = f.origin
  JOIN airports d ON d.iata = f.destination
  WHERE file_row_number % 100 < ${percent}
  ORDER BY file_row_number`;

/** How a group of flights is summed up: sums, since sums of sums are right and means of means are not. */
export const SUMS = `
  count(*) AS flights,
  sum(delay)::BIGINT AS delay,
  sum(greatest(delay, 0))::BIGINT AS delay_of_late,
  ${[15, 30, 45, 60].map((from) => `count(*) FILTER (delay >= ${from}) AS late_${from}`).join(",\n  ")}`;

/** The schema of those sums. */
export const SUMS_SCHEMA = {
  flights: "integer",
  delay: "integer",
  delay_of_late: "integer",
  late_15: "integer",
  late_30: "integer",
  late_45: "integer",
  late_60: "integer",
} as const;

/** What a query over `flights` and `airports` gives. It goes through a file, so it may be large. */
export async function queryFlights<const Spec extends SchemaSpec>(
  percent: number,
  sql: string,
  schema: Spec,
) {
  const folder = await mkdtemp(join(tmpdir(), "flights-"));
  const file = join(folder, "result.csv");
  const instance = await DuckDBInstance.create();
  try {
    const connection = await instance.connect();
    await connection.run(views(percent));
    await connection.run(`COPY (${sql}) TO '${file}'`);
    return await readCsv(file, { schema });
  } finally {
    instance.closeSync();
    await rm(folder, { recursive: true });
  }
}
