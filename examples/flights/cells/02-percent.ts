import { slider } from "hex-runtime";

export default slider({ label: "Percent of the flights to read", min: 1, max: 100, default: 100 });
