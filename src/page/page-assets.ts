import { readFile } from "node:fs/promises";
import * as v from "valibot";

const ENCODINGS = ["br", "gz"] as const;

/** How a file may be packed; `gz` is what HTTP calls gzip. */
export type AssetEncoding = (typeof ENCODINGS)[number];

/** One file that a browser may fetch: its name holds the hash of its content. */
export interface PageAsset {
  readonly name: string;
  /** content type */
  readonly type: string;
  readonly bytes: Uint8Array;
  /** the same, packed */
  readonly packed: ReadonlyMap<AssetEncoding, Uint8Array>;
}

/** The files of the built page. */
export interface PageAssets {
  /** name of the module that begins */
  readonly script: string;
  /** names of style sheets */
  readonly styles: readonly string[];
  /** name of the style sheet of a page that opens */
  readonly opening: string;
  /** names of modules that the first one cannot begin without */
  readonly preloads: readonly string[];
  /** names of the modules that show the outputs of some kinds, by the kind */
  readonly pieces: Readonly<Record<"frame" | "markdown" | "chart", readonly string[]>>;
  /** all there are, by name */
  readonly files: ReadonlyMap<string, PageAsset>;
}

const name = v.pipe(v.string(), v.regex(/^[\w-][\w.-]*$/));
const names = v.array(name);
const assetList = v.object({
  script: v.string(),
  styles: names,
  opening: name,
  preloads: names,
  pieces: v.object({ frame: names, markdown: names, chart: names }),
  files: v.array(
    v.object({
      name,
      type: v.string(),
      encodings: v.array(v.picklist(ENCODINGS)),
    }),
  ),
});

type AssetEntry = v.InferOutput<typeof assetList>["files"][number];

/**
 * Gives the built page, which is read when it is asked for, once, so that a later build takes nothing
 * away from it.
 *
 * @param runtimeUrl URL of the built module that cells import
 */
export function cachePageAssets(runtimeUrl: string): () => Promise<PageAssets | undefined> {
  let reading: Promise<PageAssets | undefined> | undefined;
  return async () => {
    reading ??= readPageAssets(runtimeUrl);
    const assets = await reading;
    if (assets === undefined) reading = undefined;
    return assets;
  };
}

/**
 * Reads the built page into memory, once, so that a later build takes nothing away from it.
 * Undefined when it was not built.
 */
async function readPageAssets(runtimeUrl: string): Promise<PageAssets | undefined> {
  const folder = new URL("./page/", runtimeUrl);
  const text = await readFile(new URL("assets.json", folder), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { files, ...others } = v.parse(assetList, JSON.parse(text));
  const read = await Promise.all(files.map((file) => readAsset(folder, file)));
  return { ...others, files: new Map(read.map((asset) => [asset.name, asset])) };
}

async function readAsset(folder: URL, { name, type, encodings }: AssetEntry): Promise<PageAsset> {
  const packed = encodings.map(
    async (encoding) => [encoding, await readFile(new URL(`${name}.${encoding}`, folder))] as const,
  );
  const bytes = await readFile(new URL(name, folder));
  return { name, type, bytes, packed: new Map(await Promise.all(packed)) };
}
