import { dateRange } from "hex-runtime";

const half = { start: "2001-01-01", end: "2001-06-30" };

export default dateRange({ label: "Departure", min: half.start, max: half.end, default: half });
