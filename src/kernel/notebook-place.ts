import { HexError } from "../errors.ts";
import { readConfig } from "../project/config.ts";
import type { ProjectPlace } from "../project/project.ts";
import { configNames, readSecrets, warnOfCommonSecrets } from "../project/secrets.ts";
import { type RedactLine, type Redactor, toRedactor } from "../run/redact/redactor.ts";

/** Where a notebook's project is, as its config says now; no cell is looked at. */
export class NotebookPlace {
  readonly environment: NodeJS.ProcessEnv;
  readonly #place: Pick<ProjectPlace, "directory" | "runtimeUrl">;
  #project: ProjectPlace | undefined;
  #redactor: Redactor = toRedactor({});

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
    return this.#redactor.redact(text, "text");
  }

  /** Takes them out of the lines that one process prints. */
  openLines(): RedactLine {
    return this.#redactor.openLines();
  }

  /** What is to be said of secrets that stand where nobody would look for one. */
  secretWarnings(): readonly string[] {
    return warnOfCommonSecrets(this.#redactor);
  }

  /** @throws {HexError} HEX_CONFIG_INVALID, HEX_SECRET_MISSING */
  async read(): Promise<void> {
    const { directory } = this.#place;
    const config = await readConfig(directory, this.environment);
    const secrets = await readSecrets(config.secrets, directory, this.environment);
    this.#redactor = toRedactor(secrets);
    this.#redactor.spare(configNames(config));
    this.#project = { ...this.#place, config };
  }

  /** Reads it when it can be; what is wrong with it is told by the run that it makes fail. */
  async reread(): Promise<void> {
    await this.read().catch((thrown: unknown) => {
      if (!(thrown instanceof HexError)) throw thrown;
    });
  }
}
