import { cell, chart, sum } from "hex-runtime";
import { toLate } from "./_to-late.ts";
import lateFrom from "./11-late_from.ts";
import chosen from "./13-chosen.ts";

export default cell(
  { chosen, lateFrom },
  ({ chosen, lateFrom }) =>
    chart(chosen.groupby("day").rollup({ flights: sum("flights"), late: sum(toLate(lateFrom)) }), {
      transform: [{ calculate: "datum.late / datum.flights", as: "share" }],
      mark: { type: "area", line: true, fillOpacity: 0.25 },
      encoding: {
        x: { field: "day", type: "temporal", title: null },
        y: { field: "share", type: "quantitative", title: "Late", axis: { format: ".0%" } },
        tooltip: [
          { field: "day", type: "temporal", title: "Day", format: "%a %d %B" },
          { field: "flights", type: "quantitative", title: "Flights", format: "," },
          { field: "share", type: "quantitative", title: "Late", format: ".1%" },
        ],
      },
    }),
  { title: "Late flights by day" },
);
