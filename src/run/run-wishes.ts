import type { RunCompute } from "../cell/run-compute.ts";

/** What a run was asked to do otherwise than runs do; plain JSON. */
export interface RunWishes {
  /** publishes frames also when they lost columns that cells below them read */
  readonly acceptSchema: boolean;
  /** which heavy cells are computed; all of them unless told */
  readonly compute?: RunCompute;
  /** names of frames that may replace a CSV which no run has published; none unless told */
  readonly overwrite?: readonly string[];
}

/** The wishes out of all that a run was asked for; what is as always is left out. */
export function toWishes({
  acceptSchema = false,
  compute = "all",
  overwrite = [],
}: { readonly [Wish in keyof RunWishes]?: RunWishes[Wish] | undefined }): RunWishes {
  return {
    acceptSchema,
    ...(compute === "all" ? {} : { compute }),
    ...(overwrite.length === 0 ? {} : { overwrite }),
  };
}
