import { cell } from "hex-runtime";
import planets from "./03-planets.py";
import method from "./04-method.ts";

export default cell(
  { planets, method },
  ({ planets, method }) =>
    method === "All" ? planets : planets.filter((planet) => planet["method"] === method),
  { title: "Planets" },
);
