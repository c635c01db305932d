import { slider } from "hex-runtime";

export default slider({ label: "First year", min: 1989, max: 2014, default: 2000 });
