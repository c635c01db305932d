import { checkbox } from "hex-runtime";

export default checkbox({ label: "Count early arrivals as on time" });
