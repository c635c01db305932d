import { cell, sum } from "hex-runtime";
import { toLate } from "./_to-late.ts";
import lateFrom from "./11-late_from.ts";
import chosen from "./13-chosen.ts";

export default cell(
  { chosen, lateFrom },
  ({ chosen, lateFrom }) => {
    const sums = chosen.rollup({ flights: sum("flights"), late: sum(toLate(lateFrom)) });
    const share = Number(sums.at("late", 0)) / Number(sums.at("flights", 0));
    return Number.isNaN(share) ? null : `${(share * 100).toFixed(1)} %`;
  },
  { title: "Late" },
);
