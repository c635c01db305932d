import { dropdown } from "hex-runtime";
import airports from "./07-airports.sql";

export default dropdown({ airports }, ({ airports }) => ({
  label: "From",
  options: ["All airports", ...airports.distinct("origin")],
}));
