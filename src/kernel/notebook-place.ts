import { HexError } from "../errors.ts";
import { readConfig } from "../project/config.ts";
import type { ProjectPlace } from "../project/project.ts";
import { type Redact, toRedact } from "../project/redact.ts";
import { readSecrets } from "../project/secrets.ts";

/** Where a notebook's project is, as its config says now; no cell is looked at. */
export class NotebookPlace {
  readonly environment: NodeJS.ProcessEnv;
  readonly #place: Pick<ProjectPlace, "directory" | "runtimeUrl">;
  #project: ProjectPlace | undefined;
  #redact: Redact = (data) => data;

  constructor(
    place: Pick<ProjectPlace, "directory" | "runtimeUrl">,
    environment: NodeJS.ProcessEnv,
  ) {
    this.#place = place;
    this.environment = environment;
  }

  /** As it was when it could be read last. */
  get project(): ProjectPlace {
    if (this.#project !== undefined) return this.#project;
    throw new Error("Expected a notebook's config to be read before it is needed");
  }

  /** Takes the secrets of the project out of what somebody will see. */
  redact(text: string): string {
    return this.#redact(text);
  }

  /** @throws {HexError} HEX_CONFIG_INVALID, HEX_SECRET_MISSING */
  async read(): Promise<void> {
    const { directory } = this.#place;
    const config = await readConfig(directory, this.environment);
    this.#redact = toRedact(await readSecrets(config.secrets, directory, this.environment));
    this.#project = { ...this.#place, config };
  }

  /** Reads it when it can be; what is wrong with it is told by the run that it makes fail. */
  async reread(): Promise<void> {
    await this.read().catch((thrown: unknown) => {
      if (!(thrown instanceof HexError)) throw thrown;
    });
  }
}
