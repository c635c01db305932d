import { cell } from "hex-runtime";
import planets from "./02-planets.ts";

export default cell({ planets }, ({ planets }) => planets.column("mass").mean(), {
  title: "Mean mass, in masses of Jupiter",
});
