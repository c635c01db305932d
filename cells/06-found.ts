import { cell } from "hex-runtime";
import filtered from "./05-filtered.ts";

export default cell({ filtered }, ({ filtered }) => filtered.numRows, { title: "Planets found" });
