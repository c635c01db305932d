import { cached } from "hex-runtime";
import { queryFlights } from "./_query-flights.ts";
import percent from "./02-percent.ts";

const schema = {
  weekday: "integer",
  hour: "integer",
  origin: "string",
  delay: "integer",
  flights: "integer",
} as const;

// In steps of five minutes; what is beyond an hour before or three after is counted at the ends.
const query = `SELECT weekday, hour, coalesce(origin, 'All airports') AS origin,
  greatest(-60, least(180, 5 * floor(delay / 5)))::INTEGER AS delay, count(*) AS flights
FROM flights GROUP BY 1, 2, 4, CUBE (origin) ORDER BY origin, weekday, hour, delay`;

export default cached(
  "flights/delays",
  { percent },
  ({ percent }) => queryFlights(percent, query, schema),
  { title: "Flights by delay", schema },
);
