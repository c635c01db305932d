import type { RequestedInputs } from "../cell/requested-input.ts";
import type { CellSource } from "../source/cell-sources.ts";

/** Replacement of the requested value of an input that its widget refuses. */
export interface InputStandIns {
  readonly inputs: RequestedInputs;
  readonly onInvalid: (input: string, message: string) => void;
}

/** Default value of an input in the run that published a version. */
export interface RecordedDefault {
  readonly value: unknown;
  /** of the input cell and all above it, by which it came to be so */
  readonly code: string;
}

/** By name of the input. */
export type RecordedDefaults = Readonly<Record<string, RecordedDefault>>;

export interface DefaultsWork {
  /** requested values by input name; an input that is not here has its default */
  readonly inputs: RequestedInputs;
  /** undefined: a requested value that a widget refuses fails its cell */
  readonly standIns?: InputStandIns | undefined;
  /** those of the version that is read; undefined: every default is found anew */
  readonly recordedDefaults?: (() => Promise<RecordedDefaults | undefined>) | undefined;
}

/** The recorded default of a cell; undefined for no input, and when its code has changed since. */
export async function findRecorded(
  source: CellSource | undefined,
  { inputs, standIns, recordedDefaults }: DefaultsWork,
): Promise<RecordedDefault | undefined> {
  if (source?.kind !== "input") return undefined;
  // One that the widget refuses is replaced where there are stand-ins.
  if (inputs.has(source.name) && standIns === undefined) return undefined;
  const recorded = (await recordedDefaults?.())?.[source.name];
  return recorded?.code === source.codeHash ? recorded : undefined;
}
