import { cell, sum } from "hex-runtime";
import chosen from "./13-chosen.ts";

export default cell(
  { chosen },
  ({ chosen }) => chosen.rollup({ flights: sum("flights") }).at("flights", 0) ?? 0,
  { title: "Flights" },
);
