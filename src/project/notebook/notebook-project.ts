import { HexError } from "../../errors.ts";
import { toHash } from "../../source/cell-files.ts";
import { type RequestedInputs, toInputs } from "../inputs.ts";
import { openProject, type Project } from "../project.ts";
import { type OpenedStore, openProjectStore } from "../project-store.ts";
import { type Redact, toRedact } from "../redact.ts";
import { readSecrets } from "../secrets.ts";
import { DataPrints } from "./data-prints.ts";
import type { RunOrder } from "./notebook-messages.ts";

/** A project as its files are now, and what its cells hang on besides. */
export interface NotebookProject {
  readonly project: Project;
  readonly redact: Redact;
  /** the project's own values of inputs */
  readonly inputs: RequestedInputs;
  openStore(): Promise<OpenedStore>;
  /** differs whenever a cell has to run again though neither its code nor its inputs changed */
  cellState(cell: string): string;
  /** whether a cell is to be computed whatever is known of it from before this process began */
  isFresh(cell: string): boolean;
  /** when the data that a cell names was changed last; milliseconds since 1970 */
  dataChangedMs(cell: string): number;
}

/** Reads a project again and again; remembers what was asked to run afresh. */
export class ProjectReader {
  readonly #place: { readonly directory: string; readonly runtimeUrl: string };
  readonly #prints = new DataPrints();
  /** how often each cell was asked to run afresh */
  readonly #freshened = new Map<string, number>();
  #allFreshened = 0;

  constructor(place: { readonly directory: string; readonly runtimeUrl: string }) {
    this.#place = place;
  }

  /** From now on these cells, and what hangs on them, are not what they were. */
  freshen(fresh: RunOrder["fresh"]): void {
    if (fresh === "all") this.#allFreshened += 1;
    if (fresh === "all" || fresh === "none") return;
    for (const name of fresh) this.#freshened.set(name, (this.#freshened.get(name) ?? 0) + 1);
  }

  /** @throws {HexError} what is wrong with the project as it is now */
  async read(): Promise<NotebookProject> {
    const { directory, runtimeUrl } = this.#place;
    const project = await openProject(directory, { runtimeUrl });
    const { config, cells } = project;
    const secrets = await readSecrets(config.secrets, directory, process.env);
    const prints = await this.#prints.read(cells, directory);
    const around = toHash(JSON.stringify(secrets));
    const freshened = new Map(this.#freshened);
    const all = this.#allFreshened;
    return {
      project,
      redact: toRedact(secrets),
      inputs: toInputs(project, new Map()),
      openStore: () => openProjectStore({ directory, config }, process.env),
      cellState: (cell) =>
        `${around} ${all} ${freshened.get(cell) ?? 0} ${prints.get(cell)?.print ?? ""}`,
      isFresh: (cell) => all > 0 || freshened.has(cell),
      dataChangedMs: (cell) => prints.get(cell)?.changedMs ?? 0,
    };
  }
}

/** A failure that a user is told of; anything else is a bug. @throws whatever else was thrown */
export function toExpected(thrown: unknown): HexError {
  if (thrown instanceof HexError) return thrown;
  throw thrown;
}
