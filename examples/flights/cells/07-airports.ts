import { cached } from "hex-runtime";
import { queryFlights } from "./_query-flights.ts";
import percent from "./02-percent.ts";

const schema = {
  origin: "string",
  latitude: "number",
  longitude: "number",
  departures: "integer",
} as const;

const query = `SELECT airport AS origin, latitude, longitude, count(*) AS departures
FROM flights JOIN airports ON airport = origin GROUP BY ALL ORDER BY departures DESC, origin`;

export default cached(
  "flights/airports",
  { percent },
  ({ percent }) => queryFlights(percent, query, schema),
  { title: "Airports", schema },
);
