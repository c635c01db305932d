import { cell, chart, sum } from "hex-runtime";
import { toLate } from "./_to-late.ts";
import { WEEKDAYS } from "./_weekdays.ts";
import lateFrom from "./11-late_from.ts";
import chosen from "./13-chosen.ts";

export default cell(
  { chosen, lateFrom },
  ({ chosen, lateFrom }) => {
    const sums = chosen
      .groupby("weekday", "hour")
      .rollup({ flights: sum("flights"), late: sum(toLate(lateFrom)) })
      .derive({ name: ({ weekday }) => WEEKDAYS[(weekday ?? 1) - 1] });
    return chart(sums, {
      transform: [{ calculate: "datum.late / datum.flights", as: "share" }],
      mark: "rect",
      encoding: {
        x: { field: "hour", type: "ordinal", title: "Hour of departure", axis: { labelAngle: 0 } },
        y: { field: "name", type: "ordinal", title: null, sort: WEEKDAYS },
        color: {
          field: "share",
          type: "quantitative",
          title: "Late",
          legend: { format: ".0%" },
          // Three flights at four in the morning would outshine all others.
          scale: { domainMax: 0.5, clamp: true },
        },
        tooltip: [
          { field: "name", type: "ordinal", title: "Weekday" },
          { field: "hour", type: "ordinal", title: "Hour" },
          { field: "flights", type: "quantitative", title: "Flights", format: "," },
          { field: "share", type: "quantitative", title: "Late", format: ".1%" },
        ],
      },
    });
  },
  { title: "Late flights by weekday and hour" },
);
