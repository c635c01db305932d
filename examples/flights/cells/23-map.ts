import { cell, chart, sum } from "hex-runtime";
import routes from "./06-routes.sql";
import airports from "./07-airports.sql";
import leastMiles from "./21-least_miles.ts";

export default cell(
  { routes, airports, leastMiles },
  ({ routes, airports, leastMiles }) => {
    const sums = routes
      .filter(({ miles }) => (miles ?? 0) >= leastMiles)
      .groupby("origin")
      .rollup({ flights: sum("flights"), delay: sum("delay") });
    return chart(sums.join(airports, "origin"), {
      transform: [{ calculate: "datum.delay / datum.flights", as: "mean" }],
      projection: { type: "albersUsa" },
      mark: { type: "circle", opacity: 0.8 },
      encoding: {
        longitude: { field: "longitude", type: "quantitative" },
        latitude: { field: "latitude", type: "quantitative" },
        size: {
          field: "flights",
          type: "quantitative",
          title: "Flights",
          scale: { range: [4, 800] },
        },
        color: {
          field: "mean",
          type: "quantitative",
          title: "Mean delay",
          scale: { clamp: true, domain: [0, 15] },
        },
        tooltip: [
          { field: "origin", type: "nominal", title: "Airport" },
          { field: "flights", type: "quantitative", title: "Flights", format: "," },
          { field: "mean", type: "quantitative", title: "Mean delay", format: ".1f" },
        ],
      },
    });
  },
  { title: "Where they leave from" },
);
