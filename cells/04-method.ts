import { dropdown } from "hex-runtime";
import planets from "./03-planets.ts";

export default dropdown({ planets }, ({ planets }) => ({
  label: "Discovery method",
  options: ["All", ...planets.distinct("method")],
  default: "All",
}));
