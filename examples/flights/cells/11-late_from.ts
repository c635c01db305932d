import { slider } from "hex-runtime";

export default slider({ label: "Late is, from … minutes", min: 15, max: 60, step: 15 });
