import { cached } from "hex-runtime";
import { queryFlights, SUMS, SUMS_SCHEMA } from "./_query-flights.ts";
import percent from "./02-percent.ts";

const schema = {
  day: "date",
  weekday: "integer",
  hour: "integer",
  origin: "string",
  ...SUMS_SCHEMA,
} as const;

// CUBE adds the sums over all airports, as rows of their own: whichever airport is chosen, what is
// left to sum up is the 4,344 hours of half a year.
const query = `SELECT day, weekday, hour, coalesce(origin, 'All airports') AS origin, ${SUMS}
FROM flights GROUP BY day, weekday, hour, CUBE (origin) ORDER BY origin, day, hour`;

export default cached(
  "flights/hours",
  { percent },
  ({ percent }) => queryFlights(percent, query, schema),
  { title: "Flights by day, hour and airport", schema },
);
