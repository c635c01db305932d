import { cell } from "hex-runtime";
import planets from "./02-planets.ts";

export default cell(
  { planets },
  ({ planets }) => planets.sortValues("mass", { ascending: false }).head(5),
  { title: "The five heaviest" },
);
