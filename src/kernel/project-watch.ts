import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { CONFIG_FILE } from "../project/config.ts";

export interface ProjectWatchOptions {
  readonly directory: string;
  /** told some milliseconds after the last of several changes that come together */
  readonly onChange: () => void;
  /** the system does not tell of changes, or not of all */
  readonly onWarning: (line: string) => void;
}

/** Editors write a file in several steps. */
const SETTLE_MS = 30;
/** Files that a project reads without importing them. */
const OWN_FILES = [CONFIG_FILE, ".env"];

/**
 * What a run leaves behind is no change to the project, and packages are too many; the file in which
 * npm notes what it has installed tells enough of them.
 */
const IGNORED = /(^|[\\/])(\.git|\.hex|node_modules(?![\\/]\.package-lock\.json$|$))([\\/]|$)/;

/** Watches the files on which a project's cells hang. */
export class ProjectWatch {
  readonly #options: ProjectWatchOptions;
  readonly #watcher: FSWatcher;
  #timer: NodeJS.Timeout | undefined;
  #watched = new Set<string>();

  constructor(options: ProjectWatchOptions) {
    this.#options = options;
    this.#watcher = watch([], {
      ignoreInitial: true,
      depth: 0,
      ignored: (path) => IGNORED.test(relative(options.directory, path)),
    });
    this.#watcher.on("all", () => this.#change());
    this.#watcher.on("error", (error) => {
      options.onWarning(`files may change without being noticed: ${String(error)}`);
    });
    this.add([]);
  }

  /** Watches these as well: files and folders below the project's folder; some may not be there yet. */
  add(files: readonly string[]): void {
    const { directory } = this.#options;
    // A folder outside is not watched for what may come there.
    const found = files.filter(
      (file) => !file.startsWith("..") || existsSync(join(directory, file)),
    );
    const paths = [...OWN_FILES, ...found].map((file) => join(directory, file));
    const added = paths.filter((path) => !this.#watched.has(path));
    this.#watched = new Set([...this.#watched, ...added]);
    if (added.length > 0) this.#watcher.add(added);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#watcher.close();
  }

  #change(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#options.onChange(), SETTLE_MS);
  }
}
