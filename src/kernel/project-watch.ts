import { existsSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { CONFIG_FILE } from "../project/config.ts";

export interface ProjectWatchOptions {
  readonly directory: string;
  /** called some milliseconds after the last of several changes that come together */
  readonly onChange: () => void;
  /** the system does not report changes, or not all */
  readonly onWarning: (line: string) => void;
}

/** Editors write a file in several steps. */
const SETTLE_MS = 30;
/** A watch that does not get ready, since its folders are removed again, must not hold a change back. */
const READY_MS = 1000;
/** Files that a project reads without importing them. */
const OWN_FILES = [CONFIG_FILE, ".env"];

/**
 * Files that a run writes are no change to the project, and packages are too many; the file in which
 * npm notes its installations stands for them.
 */
const IGNORED = /(^|[\\/])(\.git|\.hex|node_modules(?![\\/]\.package-lock\.json$|$))([\\/]|$)/;

/** Details of the system itself, or with polling, of the change that was found. */
interface RawDetails {
  readonly watchedPath?: string;
  readonly curr?: Stats;
  readonly prev?: Stats;
}

/**
 * Watches the files on which a project's cells depend, and the folders above them: the system watches
 * files and folders and not their names, and reports nothing more when others get these names.
 */
export class ProjectWatch {
  readonly #options: ProjectWatchOptions;
  #watcher: FSWatcher;
  #timer: NodeJS.Timeout | undefined;
  readonly #named = new Set<string>();
  readonly #above = new Set<string>();
  /** another file may have the name of a watched one now */
  #isSwapped = false;
  #isClosed = false;

  constructor(options: ProjectWatchOptions) {
    this.#options = options;
    this.#watcher = this.#start([]);
    this.add([]);
  }

  /** Watches these as well: files and folders below the project's folder; some may not be there yet. */
  add(files: readonly string[]): void {
    if (this.#isClosed) return;
    const { directory } = this.#options;
    // A folder outside is not watched for what may come there.
    const found = files.filter(
      (file) => !file.startsWith("..") || existsSync(join(directory, file)),
    );
    const paths = [...OWN_FILES, ...found].map((file) => resolve(directory, file));
    const above = paths.flatMap((path) => foldersAbove(path, directory));
    const added = new Set(
      [...above, ...paths].filter((path) => !this.#named.has(path) && !this.#above.has(path)),
    );
    for (const path of paths) this.#named.add(path);
    for (const path of above) this.#above.add(path);
    if (added.size > 0) this.#watcher.add([...added]);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#watcher.close();
  }

  #start(paths: readonly string[]): FSWatcher {
    const watcher = watch([], {
      ignoreInitial: true,
      depth: 0,
      ignored: (path) => !this.#isOfInterest(path),
    });
    watcher.on("all", () => this.#change());
    watcher.on("raw", (event, path, details) => this.#onRaw(event, path, details as RawDetails));
    watcher.on("error", (error) => {
      this.#options.onWarning(`files may change without being noticed: ${String(error)}`);
    });
    watcher.add([...paths]);
    return watcher;
  }

  /** Folders above are full of files on which no cell depends. */
  #isOfInterest(given: string): boolean {
    const path = resolve(given);
    if (IGNORED.test(relative(this.#options.directory, path))) return false;
    return [path, dirname(path)].some((each) => this.#named.has(each)) || this.#above.has(path);
  }

  /** Chokidar does not report a link that points elsewhere, nor a folder that got another's name. */
  #onRaw(event: string, path: string | null, { watchedPath, curr, prev }: RawDetails): void {
    if (event !== "rename" && curr?.ino === prev?.ino) return;
    const from = watchedPath ?? "";
    // A watched file reports its own end by its own name, as if that were in it.
    const isOwn = path === null || path === basename(from);
    if (!isOwn && !this.#isOfInterest(resolve(from, path))) return;
    this.#isSwapped = true;
    this.#change();
  }

  #change(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#settle(), SETTLE_MS);
  }

  async #settle(): Promise<void> {
    if (this.#isSwapped && !(await this.#watchAnew())) return;
    this.#options.onChange();
  }

  /** @returns false when another watch has taken its place before it was ready */
  async #watchAnew(): Promise<boolean> {
    this.#isSwapped = false;
    // A path that is missing is found by the folder above it.
    const all = [...this.#above, ...this.#named];
    const before = identify(all);
    // The old one goes first: chokidar shares what it watches by name.
    void this.#watcher.close();
    const watcher = this.#start(all.filter((path) => existsSync(path)));
    this.#watcher = watcher;
    await readyOf(watcher);
    if (this.#isClosed || this.#watcher !== watcher) return false;
    // A file that was swapped meanwhile may have been watched as it was, without a report.
    if (identify(all) !== before) {
      this.#isSwapped = true;
      this.#change();
    }
    return true;
  }
}

/** The folders in which a path is, up to the project's or one above that, closest first. */
function foldersAbove(path: string, directory: string): readonly string[] {
  const folder = dirname(path);
  const isAbove = !relative(path, directory).startsWith("..");
  return isAbove || folder === path ? [] : [folder, ...foldersAbove(folder, directory)];
}

/** Which files and folders have these names now. */
function identify(paths: readonly string[]): string {
  return paths.map(identifyOne).join("\n");
}

function identifyOne(path: string): string {
  try {
    const { dev, ino, birthtimeMs } = statSync(path);
    return [dev, ino, birthtimeMs].join();
  } catch {
    // It is not there, or cannot be looked at: a link to itself, a folder that may not be read.
    return "none";
  }
}

async function readyOf(watcher: FSWatcher): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, READY_MS);
    watcher.once("ready", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
