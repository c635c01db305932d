/** The variable that all members of a run's tree carry, whatever else they leave behind. */
export const MARK_NAME = "HEX_PROCESS_MARK";
