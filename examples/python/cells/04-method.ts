import { dropdown } from "hex-runtime";
import planets from "./03-planets.py";

export default dropdown({ planets }, ({ planets }) => ({
  label: "Discovery method",
  options: ["All", ...planets.distinct("method").map(String)],
  default: "All",
}));
