import { cached } from "hex-runtime";
import { queryFlights, SUMS, SUMS_SCHEMA } from "./_query-flights.ts";
import percent from "./02-percent.ts";

const schema = {
  origin: "string",
  destination: "string",
  miles: "integer",
  ...SUMS_SCHEMA,
} as const;

const query = `SELECT origin, destination, max(miles) AS miles, ${SUMS}
FROM flights GROUP BY origin, destination ORDER BY flights DESC, origin, destination`;

export default cached(
  "flights/routes",
  { percent },
  ({ percent }) => queryFlights(percent, query, schema),
  { title: "Routes", schema },
);
