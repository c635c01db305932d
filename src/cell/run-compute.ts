/** Which heavy cells a run computes that may compute. */
export const RUN_COMPUTES = [
  /** all of them, published or not */
  "all",
  /** those that hang on something that has changed since their frame was published */
  "changed",
] as const;

export type RunCompute = (typeof RUN_COMPUTES)[number];
