import { cell, chart, desc, sum } from "hex-runtime";
import routes from "./06-routes.sql";
import leastMiles from "./21-least_miles.ts";

export default cell(
  { routes, leastMiles },
  ({ routes, leastMiles }) => {
    const busiest = routes
      .filter(({ miles }) => (miles ?? 0) >= leastMiles)
      .groupby("origin")
      .rollup({ flights: sum("flights"), delay: sum("delay") })
      .orderby(desc("flights"))
      .head(15);
    return chart(busiest, {
      transform: [{ calculate: "datum.delay / datum.flights", as: "mean" }],
      mark: "bar",
      encoding: {
        y: { field: "origin", type: "nominal", title: null, sort: "-x" },
        x: { field: "flights", type: "quantitative", title: "Flights" },
        color: { field: "mean", type: "quantitative", title: "Mean delay" },
      },
    });
  },
  { title: "Busiest airports" },
);
