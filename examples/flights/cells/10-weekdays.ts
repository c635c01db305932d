import { multiselect } from "hex-runtime";
import { WEEKDAYS } from "./_weekdays.ts";

export default multiselect({ label: "Weekdays (none: all)", options: WEEKDAYS });
