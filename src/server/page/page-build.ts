import { createHash } from "node:crypto";
import type { PageAssets } from "../../page/page-assets.ts";
import type { PageBuild } from "../../page/page-state.ts";
import type { Config } from "../../project/config.ts";
import type { Described } from "../../work/described-project.ts";

/** What the page that is served now is made of: another one is told to pages that are open. */
export class PageBuilds {
  readonly #config: Pick<Config, "name" | "page" | "inputs">;
  readonly #readAssets: () => Promise<PageAssets | undefined>;
  #known: { readonly described: Described; readonly build: PageBuild } | undefined;

  constructor(
    config: Pick<Config, "name" | "page" | "inputs">,
    readAssets: () => Promise<PageAssets | undefined>,
  ) {
    this.#config = config;
    this.#readAssets = readAssets;
  }

  async read(described: Described): Promise<PageBuild> {
    if (this.#known?.described === described) return this.#known.build;
    const { name, page, inputs } = this.#config;
    const cells = described.cells.map((cell) => [cell.name, cell.title, cell.codeHash]);
    const assets = await this.#readAssets();
    const build: PageBuild = {
      // The name of each file holds the hash of its content.
      code: toDigest([...(assets?.files.keys() ?? [])].sort()),
      app: toDigest([name, page, [...inputs], cells]),
    };
    this.#known = { described, build };
    return build;
  }
}

function toDigest(data: unknown): string {
  return createHash("sha256").update(JSON.stringify(data)).digest("base64url").slice(0, 16);
}
