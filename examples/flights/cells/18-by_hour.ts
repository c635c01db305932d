import { cell, chart, sum } from "hex-runtime";
import forgiveEarly from "./12-forgive_early.ts";
import chosen from "./13-chosen.ts";

export default cell(
  { chosen, forgiveEarly },
  ({ chosen, forgiveEarly }) => {
    const delay = sum(forgiveEarly ? "delay_of_late" : "delay");
    return chart(
      chosen
        .groupby("hour")
        .rollup({ flights: sum("flights"), delay })
        .orderby("hour"),
      {
        transform: [{ calculate: "datum.delay / datum.flights", as: "mean" }],
        mark: "bar",
        encoding: {
          x: {
            field: "hour",
            type: "ordinal",
            title: "Hour of departure",
            axis: { labelAngle: 0 },
          },
          y: { field: "mean", type: "quantitative", title: "Mean delay, minutes" },
          tooltip: [
            { field: "hour", type: "ordinal", title: "Hour" },
            { field: "flights", type: "quantitative", title: "Flights", format: "," },
            { field: "mean", type: "quantitative", title: "Mean delay", format: ".1f" },
          ],
        },
      },
    );
  },
  { title: "Delay by hour" },
);
