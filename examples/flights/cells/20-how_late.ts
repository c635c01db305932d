import { cell, chart, sum } from "hex-runtime";
import { WEEKDAYS } from "./_weekdays.ts";
import delays from "./05-delays.sql";
import origin from "./09-origin.ts";
import weekdays from "./10-weekdays.ts";

const minutes = {
  field: "delay",
  type: "ordinal",
  title: "Delay, minutes (drag over some)",
  axis: { labelAngle: 0, values: [-60, -30, 0, 30, 60, 90, 120, 150, 180] },
};
const flights = { aggregate: "sum", field: "flights", type: "quantitative", title: "Flights" };

export default cell(
  { delays, origin, weekdays },
  ({ delays, origin, weekdays }) => {
    const numbers = new Set(weekdays.map((name) => WEEKDAYS.indexOf(name) + 1));
    const sums = delays
      .filter(
        (row) => row.origin === origin && (numbers.size === 0 || numbers.has(row.weekday ?? 0)),
      )
      .groupby("delay", "hour")
      .rollup({ flights: sum("flights") });
    return chart(sums, {
      vconcat: [
        {
          params: [{ name: "dragged", select: { type: "interval", encodings: ["x"] } }],
          mark: "bar",
          encoding: { x: minutes, y: flights },
        },
        {
          transform: [{ filter: { param: "dragged" } }],
          mark: "bar",
          encoding: {
            x: {
              field: "hour",
              type: "ordinal",
              title: "Hour of departure",
              axis: { labelAngle: 0 },
            },
            y: flights,
          },
        },
      ],
    });
  },
  { title: "How late, and when: drag over some delays to see their hours (whole half year)" },
);
