import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expectation, HexError } from "../errors.ts";
import { CONFIG_FILE } from "../project/config.ts";
import type { PlacedPage } from "../project/page-settings.ts";
import type { ProjectDescription } from "../project/project-description.ts";
import { cellNames } from "../project/secrets.ts";
import { toValue } from "../run/process/process-ending.ts";
import { toSha256 } from "../sha256.ts";
import { startProjectProcess } from "./project-process.ts";
import type { ProjectRuns } from "./project-runs.ts";
import type { DescribeTask } from "./run-task.ts";

/** The cells as their files are now, or, when those cannot be read, as they were before. */
export interface Described extends ProjectDescription {
  /** when the newest of its files, without data, was changed; milliseconds since 1970 */
  readonly changedAtMs: number;
}

export interface DescribedProjectOptions {
  /** told when changed files cannot be read as a project, once for each change */
  readonly onFailure: (error: HexError) => void;
  /** told when the cells are others than those before, or have other data files; not of their content */
  readonly onChange?: () => void;
}

/** For so long files are not looked at again. */
const LOOK_MS = 1_000;
/** Longer than any reading of cells takes that are not run. */
const DEADLINE_MS = 60_000;

/**
 * Knowledge of a project's cells in a process that never runs their code: another process reads them,
 * since some of it is only found by evaluating them.
 */
export class DescribedProject {
  readonly #runs: ProjectRuns;
  readonly #options: DescribedProjectOptions;
  readonly #closing = new AbortController();
  #known:
    | (Pick<DataFingerprints, "fingerprint" | "code"> & { readonly described: Described })
    | undefined;
  #looking: Promise<Described> | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(runs: ProjectRuns, options: DescribedProjectOptions) {
    this.#runs = runs;
    this.#options = options;
  }

  /**
   * The cells as they are now; files that changed less than a second ago may be missed.
   * @throws {HexError} why the project cannot be read, while it never could be
   */
  async read(): Promise<Described> {
    const isFresh = performance.now() - this.#lookedAtMs < LOOK_MS;
    if (isFresh && this.#known !== undefined) return this.#known.described;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      this.#lookedAtMs = performance.now();
    });
    return this.#looking;
  }

  /**
   * The cells as they were known last, at once; what has changed since is read meanwhile.
   * @throws {HexError} why the project cannot be read, while it never could be
   */
  async recent(): Promise<Described> {
    const known = this.#known;
    const reading = this.read();
    if (known === undefined) return reading;
    // Told to `onFailure`.
    reading.catch(() => undefined);
    return known.described;
  }

  /** Ends a process that still reads. */
  close(): void {
    this.#closing.abort(new HexError("HEX_CANCELLED", "the project is closed"));
  }

  async #look(): Promise<Described> {
    const known = this.#known;
    const before = await this.#readFingerprints(known?.described);
    if (before.fingerprint === known?.fingerprint) return known.described;
    try {
      const description = await this.#describe();
      refuseOtherPlaces(this.#runs.config.page, description.page);
      this.#runs.redactor.spare(cellNames(description.cells));
      const { fingerprint, code, changedAtMs } = await this.#readFingerprints(description);
      const after = await this.#readFingerprints(known?.described);
      const described = { ...description, changedAtMs };
      // Files that were changed while they were read are read again by the next call.
      this.#known = {
        fingerprint: after.fingerprint === before.fingerprint ? fingerprint : "",
        code,
        described,
      };
      if (known !== undefined && isOther(known, this.#known)) this.#options.onChange?.();
      return described;
    } catch (thrown) {
      if (!(thrown instanceof HexError) || known === undefined) throw thrown;
      this.#options.onFailure(thrown);
      this.#known = { ...known, fingerprint: before.fingerprint, code: "" };
      return known.described;
    }
  }

  #readFingerprints(known: WatchedFiles = { files: [], dataFiles: [] }): Promise<DataFingerprints> {
    const { directory, config } = this.#runs;
    return readFingerprints(directory, join(directory, config.cells), known);
  }

  async #describe(): Promise<ProjectDescription> {
    const { directory, environment } = this.#runs;
    const task: DescribeTask = { kind: "describe", directory };
    const { signal } = this.#closing;
    const child = startProjectProcess(this.#runs, environment);
    const ending = await child.run(task, { signal, deadlineMs: DEADLINE_MS });
    return toValue(ending) as ProjectDescription;
  }
}

/**
 * Refuses cells read under other settings of the page than this process goes by: they might hide a
 * cell that this process would show.
 */
function refuseOtherPlaces(own: PlacedPage, now: PlacedPage): void {
  if (isDeepStrictEqual([own.hide, own.layout], [now.hide, now.layout])) return;
  throw expectation("HEX_CONFIG_INVALID", {
    place: `what \`page\` in ${CONFIG_FILE} shows and hides`,
    expected: "as it was when this process was started",
    got: "something else",
    hint: "start it again: until then the cells are shown as they were",
  });
}

type WatchedFiles = Pick<ProjectDescription, "files" | "dataFiles">;

interface DataFingerprints {
  /** differs whenever a file came, went or was changed */
  readonly fingerprint: string;
  /** the same for those that are more than data */
  readonly code: string;
  readonly changedAtMs: number;
}

async function readFingerprints(
  directory: string,
  cells: string,
  { files, dataFiles }: WatchedFiles,
): Promise<DataFingerprints> {
  const names = await readdir(cells).catch(() => []);
  const paths = [CONFIG_FILE, ...files].map((file) => join(directory, file));
  const inCells = names.map((name) => join(cells, name));
  const states = await Promise.all([...new Set([...paths, ...inCells])].sort().map(toState));
  const data = new Set(dataFiles.map((file) => join(directory, file)));
  const code = states.filter(({ path }) => !data.has(path));
  const changedAtMs = Math.max(0, ...code.map(({ mtimeMs }) => mtimeMs));
  return {
    fingerprint: toSha256(JSON.stringify(states)),
    code: toSha256(JSON.stringify(code)),
    changedAtMs,
  };
}

type KnownCells = Pick<DataFingerprints, "code"> & { readonly described: WatchedFiles };

function isOther(before: KnownCells, now: KnownCells): boolean {
  const [had, has] = [before, now].map(({ described }) => described.dataFiles.join("\n"));
  return before.code !== now.code || had !== has;
}

async function toState(path: string) {
  const stats = await stat(path).catch(() => undefined);
  const { mtimeMs = 0, ctimeMs = 0, ino = 0, size: sizeBytes = -1 } = stats ?? {};
  // A file that is moved over another one may have its time and its size.
  return { path, mtimeMs, ctimeMs, ino, sizeBytes };
}
