import { HexError } from "../errors.ts";
import { type RequestedInputs, toInputs } from "../project/inputs.ts";
import { openProject, type Project } from "../project/project.ts";
import { type OpenedStore, openProjectStore } from "../project/project-store.ts";
import { namesOf, readSecrets } from "../project/secrets.ts";
import type { CellGrounds } from "../run/cell-grounds.ts";
import { type Redactor, toRedactor } from "../run/redact/redactor.ts";
import { GroundsReader } from "./grounds.ts";
import type { NotebookRunRequest } from "./request.ts";

/** A project as its files are now, and what its cells hang on besides. */
export interface NotebookProject {
  readonly project: Project;
  readonly redactor: Redactor;
  /** the project's own values of inputs */
  readonly inputs: RequestedInputs;
  readonly grounds: CellGrounds;
  openStore(): Promise<OpenedStore>;
  /** how often a cell was asked to run afresh */
  timesFreshened(cell: string): number;
}

/** This process has evaluated cells with packages or CommonJS files that have changed since. */
export class OutdatedProcessError extends Error {
  override readonly name = "OutdatedProcessError";
}

/** Reads a project again and again; remembers what was asked to run afresh. */
export class ProjectReader {
  readonly #place: { readonly directory: string; readonly runtimeUrl: string };
  readonly #grounds = new GroundsReader();
  readonly #freshened = new Map<string, number>();
  #allFreshened = 0;
  /** what Node has loaded in this process */
  #loadedByNode: string | undefined;

  constructor(place: { readonly directory: string; readonly runtimeUrl: string }) {
    this.#place = place;
  }

  /** From now on these cells, and what hangs on them, are not what they were. */
  freshen(fresh: NotebookRunRequest["fresh"]): void {
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
      // Node keeps what it has loaded, and that it has not found something.
      if (this.#loadedByNode !== loadedByNode) throw new OutdatedProcessError();
    };
    const project = await openProject(directory, { runtimeUrl, beforeEvaluating });
    const { config } = project;
    const secrets = await readSecrets(config.secrets, directory, process.env);
    const redactor = toRedactor(secrets);
    redactor.spare(namesOf(project));
    const freshened = new Map(this.#freshened);
    const all = this.#allFreshened;
    return {
      project,
      redactor,
      inputs: toInputs(project, new Map()),
      grounds: await this.#grounds.read(project, secrets),
      openStore: () => openProjectStore({ directory, config }, process.env),
      timesFreshened: (cell) => all + (freshened.get(cell) ?? 0),
    };
  }
}

/** A failure that a user is told of; anything else is a bug. @throws whatever else was thrown */
export function toExpected(thrown: unknown): HexError {
  if (thrown instanceof HexError) return thrown;
  throw thrown;
}
