/** Public collections of CSV files, which are not part of this repository. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A collection: where it is from, and the folder that has its files. */
interface Corpus {
  readonly repository: string;
  readonly commit: string;
  readonly folder: string;
}

export const CORPORA = {
  duckdb: {
    repository: "https://github.com/duckdb/duckdb.git",
    commit: "044a04a7cd39e6e8235f756597ae42dde084e5e5",
    folder: "data/csv",
  },
  csvw: {
    repository: "https://github.com/w3c/csvw.git",
    commit: "2bc84f937be11d313766ae0892c08c923a5a3799",
    folder: "tests",
  },
} as const satisfies Record<string, Corpus>;

/** The folder of a collection: below `HEX_CORPORA`, or fetched at its commit into `.cache`. */
export function openCorpus(name: keyof typeof CORPORA): string {
  const { repository, commit, folder } = CORPORA[name];
  const root = join(process.env["HEX_CORPORA"] ?? ".cache/corpora", name);
  const files = join(root, folder);
  if (existsSync(files)) return files;
  const git = (...args: string[]) => execFileSync("git", args, { stdio: "inherit" });
  git("init", "--quiet", root);
  git("-C", root, "remote", "add", "origin", repository);
  git("-C", root, "sparse-checkout", "set", folder);
  git("-C", root, "fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", commit);
  git("-C", root, "checkout", "--quiet", "FETCH_HEAD");
  return files;
}

/** The CSV files below a folder, in order; of files of the same bytes the first alone. */
export function csvFiles(folder: string): string[] {
  const seen = new Set<string>();
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(csv|tsv)(\.gz|\.zst)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .filter((path) => {
      const bytes = readFileSync(path, "latin1");
      return !seen.has(bytes) && seen.add(bytes);
    });
}
