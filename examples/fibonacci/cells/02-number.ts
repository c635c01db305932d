import { number } from "hex-runtime";

export default number({ label: "Number", min: 0, max: 50, step: 1, default: 20 });
