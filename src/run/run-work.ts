import type { RunPlan } from "../cell/plan.ts";
import type { RequestedInputs } from "../cell/requested-input.ts";
import type { LoadedCells } from "../source/load-cells.ts";
import type { AskedFormat } from "../store/key.ts";
import type { Lease, LeaseOptions } from "../store/lease/lease.ts";
import type { Store } from "../store/store.ts";
import type { Version } from "../store/version.ts";
import type { CellFingerprints } from "./cell-fingerprints.ts";
import type { ShowFrame } from "./cell-output.ts";
import type { FindSecret } from "./compute-cell.ts";
import type { RunParts } from "./parts/join-parts.ts";
import type { Recall } from "./recall.ts";
import type { RecordedDefaults } from "./recorded-default.ts";
import type { Redact } from "./redact/redactor.ts";
import type { RunEvent, RunTrigger } from "./run-event.ts";

/** The lease of a project, renewed by this process or by another one on its behalf. */
export type RunLease = Pick<Lease, "fence" | "lost" | "release">;

/** Waits for the lease of a project. @throws {HexError} as `acquireLease` does */
export type TakeLease = (
  options: Pick<LeaseOptions, "signal" | "onWaiting" | "afterFence">,
) => Promise<RunLease>;

/** Plan of a run that computes only changed cells, and the inputs by which that was decided. */
export interface ChangedPlan {
  readonly plan: RunPlan;
  /** of the inputs that nobody asked for: the run takes them as they were found */
  readonly defaults: RecordedDefaults;
}

/** Everything that executing a plan needs; nothing else is looked at. */
export interface RunWork extends Recall {
  readonly runId: string;
  /** 1 for the first one; a later one publishes nothing that an earlier one has published */
  readonly attempt: number;
  readonly trigger: RunTrigger;
  readonly plan: RunPlan;
  /** the plan when another run has just published what this one would compute */
  readonly sharedPlan: RunPlan;
  /** plans a run that computes only what has changed since a version; all is computed unless told */
  readonly planChanged?: ((since: Version) => Promise<ChangedPlan>) | undefined;
  readonly cells: LoadedCells;
  readonly store: Store;
  /** the version to read from; the newest, opened when it is needed, unless told */
  readonly version?: Version | undefined;
  /** whether several machines may publish to the store */
  readonly machines: "one" | "several";
  readonly retention: { readonly keepVersions: number; readonly keepMs: number };
  /** formats beside CSV and Arrow in which frames are published as well */
  readonly alsoPublish?: readonly AskedFormat[] | undefined;
  /** how old frames may be whose cell does not say so itself; undefined: as old as they get */
  readonly maxAgeMs: number | undefined;
  /** publishes frames also when they lost columns that cells read */
  readonly acceptSchema: boolean;
  /** who runs it, as `user@host:pid` */
  readonly holder: string;
  readonly takeLease: TakeLease;
  /** has the parts of cells computed */
  readonly runParts: RunParts;
  /** requested values by input name; an input that is not here has its default */
  readonly inputs: RequestedInputs;
  /** names of those that were asked for, and not configured; all of them unless told */
  readonly asked?: ReadonlySet<string> | undefined;
  /** names of frames that may replace a CSV which no run has published */
  readonly overwrite?: readonly string[] | undefined;
  /** what each cell hangs on by itself; without it nothing is noted with what is published */
  readonly fingerprints?: CellFingerprints | undefined;
  /** whether nobody asked for other inputs than the project's own */
  readonly hasDefaultInputs: boolean;
  readonly secrets: Readonly<Record<string, string>>;
  /** takes secrets out of what is kept */
  readonly redact: Redact;
  /** the secret that stands in a name which a cell has made up */
  readonly findSecret?: FindSecret | undefined;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  /** handed the whole frames that cells show; nobody needs them unless told */
  readonly onShown?: ShowFrame | undefined;
  /** milliseconds since 1970 */
  readonly now: () => number;
}
