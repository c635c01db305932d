import type { RequestedInputs } from "../cell/requested-input.ts";
import type { Config } from "../project/config.ts";
import { toInputs } from "../project/inputs.ts";
import { openProject, type Project } from "../project/project.ts";
import { namesOf, readSecrets, type Secrets, secretsDigest } from "../project/secrets.ts";
import { type CellFingerprints, readCellFingerprints } from "../run/cell-fingerprints.ts";
import { type Redactor, toRedactor } from "../run/redact/redactor.ts";
import { openFileContents } from "../source/file-contents.ts";
import type { LoadedCells } from "../source/load-cells.ts";
import type { NotebookRunBody } from "./notebook-state.ts";

/** A project as its files are now, with everything else that its cells depend on. */
export interface NotebookProject {
  readonly project: Project;
  readonly redactor: Redactor;
  /** the project's own values of inputs */
  readonly inputs: RequestedInputs;
  readonly fingerprints: CellFingerprints;
  /** how often a cell was to run afresh */
  timesFreshened(cell: string): number;
}

/** This process has evaluated cells with packages or CommonJS files that have changed since. */
export class OutdatedProcessError extends Error {
  override readonly name = "OutdatedProcessError";
}

/** Reads a project again and again; counts which cells were to run afresh. */
export class ProjectReader {
  readonly #place: { readonly directory: string; readonly runtimeUrl: string };
  readonly #fingerprints = new FingerprintReader();
  readonly #freshened = new Map<string, number>();
  #allFreshened = 0;
  /** modules that Node has loaded in this process */
  #loadedByNode: string | undefined;

  constructor(place: { readonly directory: string; readonly runtimeUrl: string }) {
    this.#place = place;
  }

  /** From now on results of these cells, and of the cells below them, are outdated. */
  freshen(fresh: NotebookRunBody["fresh"]): void {
    if (fresh === "all") this.#allFreshened += 1;
    if (fresh === "all" || fresh === "none") return;
    for (const name of fresh) this.#freshened.set(name, (this.#freshened.get(name) ?? 0) + 1);
  }

  /**
   * @throws {HexError} what is wrong with the project as it is now
   * @throws {OutdatedProcessError} when only another process can evaluate it
   */
  async read(): Promise<NotebookProject> {
    const { directory, runtimeUrl } = this.#place;
    const beforeEvaluating = (loadedByNode: string) => {
      this.#loadedByNode ??= loadedByNode;
      // Node caches modules, and that it has not found one.
      if (this.#loadedByNode !== loadedByNode) throw new OutdatedProcessError();
    };
    const project = await openProject(directory, { runtimeUrl, beforeEvaluating });
    const secrets = await readSecrets(project.config.secrets, directory, process.env);
    const redactor = toRedactor(secrets);
    redactor.spare(namesOf(project));
    const freshened = new Map(this.#freshened);
    const all = this.#allFreshened;
    return {
      project,
      redactor,
      inputs: toInputs(project, new Map()),
      fingerprints: await this.#fingerprints.read(project, secrets),
      timesFreshened: (cell) => all + (freshened.get(cell) ?? 0),
    };
  }
}

/** Reads the fingerprints of a project's cells again and again. */
export class FingerprintReader {
  readonly #isDataRead: (cell: string) => boolean;
  readonly #contents = openFileContents();
  #last: { readonly cells: LoadedCells; readonly fingerprints: CellFingerprints } | undefined;
  #secrets: { readonly of: string; readonly digest: Promise<string> } | undefined;

  /** @param isDataRead whether a cell's files are looked at; all are unless given */
  constructor(isDataRead: (cell: string) => boolean = () => true) {
    this.#isDataRead = isDataRead;
  }

  /** Of the files as they are now; the very same map as long as nothing has changed. */
  async read({ cells, config, directory }: Project, secrets: Secrets): Promise<CellFingerprints> {
    const last = this.#last?.cells === cells ? this.#last.fingerprints : undefined;
    // Cells that are loaded keep their code.
    const hasData = cells.cells.some(
      ({ name, dataFiles }) => dataFiles.length > 0 && this.#isDataRead(name),
    );
    if (last !== undefined && !hasData) return last;
    const read = await readCellFingerprints(cells, {
      directory,
      contents: this.#contents,
      isDataRead: this.#isDataRead,
      secretsDigest: await this.#digest(config, secrets),
    });
    const isSame = [...read].every(([name, { data }]) => last?.get(name)?.data === data);
    const fingerprints = last !== undefined && isSame ? last : read;
    this.#last = { cells, fingerprints };
    return fingerprints;
  }

  /** It takes a while to compute, and secrets hardly ever change. */
  #digest(config: Config, secrets: Secrets): Promise<string> {
    const of = JSON.stringify([config.projectId, config.name, secrets]);
    if (this.#secrets?.of !== of) {
      this.#secrets = { of, digest: secretsDigest(secrets, config) };
    }
    return this.#secrets.digest;
  }
}
