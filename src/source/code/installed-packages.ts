import { realpath } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { toSha256 } from "../../sha256.ts";
import { type PackageFile, readPackageFile } from "./package-scope.ts";
import { SeenFiles } from "./seen-files.ts";

/** A package as it is installed. */
export interface InstalledPackage {
  readonly name: string;
  /** its real folder; undefined when it is missing */
  readonly folder: string | undefined;
  readonly manifest: PackageFile;
}

/** The name of the package that a specifier leads to; undefined for Node's own modules and this package. */
export function toPackageName(specifier: string): string | undefined {
  if (isBuiltin(specifier) || /^(node|data|file|https?):/.test(specifier)) return undefined;
  const [first = "", second] = specifier.split("/");
  const name = first.startsWith("@") ? `${first}/${second ?? ""}` : first;
  return name === "hex-runtime" || name === "" || name.startsWith("#") ? undefined : name;
}

/** A package whose real folder is not below node_modules is being worked on: its files are code. */
export function isLinked({ folder }: InstalledPackage): boolean {
  return folder !== undefined && !/[\\/]node_modules[\\/]/.test(folder);
}

/** Files that package managers write on every change to a folder of packages. */
const STATE_FILES = [".package-lock.json", ".pnpm/lock.yaml", ".yarn-state.yml", ".yarn-integrity"];

/** Finds packages, as Node does, and tells which versions come with them. */
export class InstalledPackages {
  readonly #seen: SeenFiles;
  /** reads what need not be noted: a state file tells of it */
  readonly #unseen: SeenFiles;
  readonly #found = new Map<string, Promise<InstalledPackage>>();
  readonly #states = new Map<string, Promise<boolean>>();

  constructor(seen: SeenFiles, projectDirectory: string) {
    this.#seen = seen;
    this.#unseen = new SeenFiles(projectDirectory);
  }

  /** The package that a module in the folder gets; a missing one is noted, too. */
  async find(name: string, folder: string): Promise<InstalledPackage> {
    const found = await this.#lookUp(name, folder, this.#seen);
    if (found.folder !== undefined) await this.#hasState(found.folder);
    return found;
  }

  /** A digest over the names and versions of a package and of all that it depends on. */
  async digest(found: InstalledPackage): Promise<string> {
    const versions = new Map<string, string>();
    const waiting = [found];
    for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
      const { name, folder, manifest } = each;
      const key = folder ?? `missing ${name}`;
      if (versions.has(key)) continue;
      versions.set(key, `${name}@${folder === undefined ? "missing" : (manifest.version ?? "")}`);
      if (folder !== undefined) waiting.push(...(await this.#dependenciesOf(folder, manifest)));
    }
    return toSha256([...new Set(versions.values())].sort().join("\n"));
  }

  async #dependenciesOf(folder: string, manifest: PackageFile): Promise<InstalledPackage[]> {
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = manifest;
    const maybe = { ...optionalDependencies, ...peerDependencies };
    const names = Object.keys({ ...dependencies, ...maybe }).filter(
      (name) => toPackageName(name) !== undefined,
    );
    const seen = (await this.#hasState(folder)) ? this.#unseen : this.#seen;
    const found = await Promise.all(names.map((name) => this.#lookUp(name, folder, seen)));
    return found.filter(({ name, folder: place, manifest: { os, cpu } }) => {
      const isNeeded = dependencies[name] !== undefined && maybe[name] === undefined;
      // What is built for one system has the version of what asks for it.
      const isBuilt = os !== undefined || cpu !== undefined;
      return place === undefined ? isNeeded : isNeeded || !isBuilt;
    });
  }

  async #lookUp(name: string, from: string, seen: SeenFiles): Promise<InstalledPackage> {
    const key = JSON.stringify([name, from, seen === this.#seen]);
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const looking = this.#search(name, from, seen);
    this.#found.set(key, looking);
    return looking;
  }

  async #search(name: string, from: string, seen: SeenFiles): Promise<InstalledPackage> {
    for (let folder = from; ; folder = dirname(folder)) {
      if (!/[\\/]node_modules$/.test(folder)) {
        const place = join(folder, "node_modules", name);
        const manifest = await readPackageFile(place, seen);
        if (manifest !== undefined) return { name, folder: await realpath(place), manifest };
      }
      if (folder === dirname(folder)) return { name, folder: undefined, manifest: {} };
    }
  }

  /** Whether a state file tells of changes to a package; it is noted then. */
  async #hasState(folder: string): Promise<boolean> {
    const root = /^(.*?[\\/]node_modules)[\\/]/.exec(folder)?.[1];
    if (root === undefined) return false;
    const known = this.#states.get(root);
    if (known !== undefined) return known;
    const looking = this.#findState(root);
    this.#states.set(root, looking);
    return looking;
  }

  async #findState(root: string): Promise<boolean> {
    for (const file of STATE_FILES) {
      if ((await this.#seen.readText(join(root, file))) !== undefined) return true;
    }
    return false;
  }
}
