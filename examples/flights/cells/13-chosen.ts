import { cell } from "hex-runtime";
import { WEEKDAYS } from "./_weekdays.ts";
import hours from "./04-hours.sql";
import dates from "./08-dates.ts";
import origin from "./09-origin.ts";
import weekdays from "./10-weekdays.ts";

export default cell(
  { hours, origin, dates, weekdays },
  ({ hours, origin, dates: { start, end }, weekdays }) => {
    const numbers = new Set(weekdays.map((name) => WEEKDAYS.indexOf(name) + 1));
    return hours.filter(
      // The airport first: it leaves the fewest rows for the other questions.
      (row) =>
        row.origin === origin &&
        (numbers.size === 0 || numbers.has(row.weekday ?? 0)) &&
        (row.day ?? "") >= start &&
        (row.day ?? "") <= end,
    );
  },
  { title: "What is summed up" },
);
