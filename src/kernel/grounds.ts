import type { Config } from "../project/config.ts";
import { type Secrets, secretsDigest } from "../project/secrets.ts";
import { type CellGrounds, readCellGrounds } from "../run/cell-grounds.ts";
import { openFileContents } from "../source/file-contents.ts";
import type { LoadedCells } from "../source/load-cells.ts";

interface Grounded {
  readonly cells: LoadedCells;
  readonly config: Config;
  readonly directory: string;
}

/** Reads again and again what a project's cells hang on by themselves. */
export class GroundsReader {
  readonly #isDataRead: (cell: string) => boolean;
  readonly #contents = openFileContents();
  #last: { readonly cells: LoadedCells; readonly grounds: CellGrounds } | undefined;
  #secrets: { readonly of: string; readonly digest: Promise<string> } | undefined;

  /** @param isDataRead whether a cell's files are looked at; all are unless told */
  constructor(isDataRead: (cell: string) => boolean = () => true) {
    this.#isDataRead = isDataRead;
  }

  /** As the files are now; the very one of before as long as nothing has changed. */
  async read({ cells, config, directory }: Grounded, secrets: Secrets): Promise<CellGrounds> {
    const last = this.#last?.cells === cells ? this.#last.grounds : undefined;
    // Cells that are loaded keep their code.
    const hasData = cells.cells.some(
      ({ name, dataFiles }) => dataFiles.length > 0 && this.#isDataRead(name),
    );
    if (last !== undefined && !hasData) return last;
    const grounds = await readCellGrounds(cells, {
      directory,
      contents: this.#contents,
      isDataRead: this.#isDataRead,
      secretsDigest: await this.#digest(config, secrets),
    });
    const isSame = [...grounds].every(([name, { data }]) => last?.get(name)?.data === data);
    const now = last !== undefined && isSame ? last : grounds;
    this.#last = { cells, grounds: now };
    return now;
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
