import { cell, sum } from "hex-runtime";
import forgiveEarly from "./12-forgive_early.ts";
import chosen from "./13-chosen.ts";

export default cell(
  { chosen, forgiveEarly },
  ({ chosen, forgiveEarly }) => {
    const delay = forgiveEarly ? "delay_of_late" : "delay";
    const sums = chosen.rollup({ flights: sum("flights"), delay: sum(delay) });
    const mean = Number(sums.at("delay", 0)) / Number(sums.at("flights", 0));
    return Number.isNaN(mean) ? null : Math.round(mean * 10) / 10;
  },
  { title: "Mean delay, minutes" },
);
