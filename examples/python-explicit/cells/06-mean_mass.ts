import { cell, mean } from "hex-runtime";
import filtered from "./05-filtered.ts";

export default cell(
  { filtered },
  ({ filtered }) => filtered.rollup({ mass: mean("mass") }).at("mass", 0),
  { title: "Mean mass, in masses of Jupiter" },
);
