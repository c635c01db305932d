import { slider } from "hex-runtime";

export default slider({ label: "Seconds of heavy compute", min: 0, max: 30, step: 1, default: 5 });
