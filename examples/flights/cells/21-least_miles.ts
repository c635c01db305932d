import { number } from "hex-runtime";

export default number({ label: "At least … miles", min: 0, max: 5_000, step: 50, default: 0 });
