import { cached } from "hex-runtime";
import { queryFlights } from "./_query-flights.ts";
import percent from "./02-percent.ts";

const schema = {
  departure: "datetime",
  origin: "string",
  destination: "string",
  miles: "integer",
  delay: "integer",
} as const;

export default cached(
  "flights/all",
  { percent },
  ({ percent }) =>
    queryFlights(
      percent,
      "SELECT departure, origin, destination, miles, delay FROM flights",
      schema,
    ),
  { title: "All flights", schema },
);
