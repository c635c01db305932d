// Puts all that several pieces of the page share into one piece: each small one would be a request.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const SHARED = "hex-shared";

/**
 * The options of a build whose pieces share one piece more, and not one for each set of them that has
 * something in common.
 *
 * @param options of a build with `splitting`, whose entries begin alone
 */
export async function withOneSharedChunk(options) {
  const { metafile } = await build({ ...options, metafile: true, write: false });
  const outputs = Object.values(metafile.outputs);
  const alone = new Set(Object.values(options.entryPoints));
  const scripts = outputs.filter(({ inputs }) => Object.keys(inputs).length > 0);
  const shared = scripts
    .filter(({ entryPoint }) => entryPoint === undefined)
    .flatMap(({ inputs }) => Object.keys(inputs))
    .filter((each) => /\.[jt]sx?$/.test(each) && !alone.has(each));
  const pieces = scripts.flatMap(({ entryPoint }) => entryPoint ?? []);
  const entries = pieces.filter((each) => /\.tsx?$/.test(each) && !alone.has(each));
  return { ...options, plugins: [toSharing(options.absWorkingDir, { shared, entries })] };
}

/** Lets each entry import all that is shared, so that none of it is shared by some of them alone. */
function toSharing(root, { shared, entries }) {
  const paths = new Set(entries.map((each) => join(root, each)));
  return {
    name: SHARED,
    setup(builder) {
      builder.onResolve({ filter: new RegExp(`^${SHARED}$`) }, () => ({
        path: SHARED,
        namespace: SHARED,
        sideEffects: true,
      }));
      builder.onLoad({ filter: /./, namespace: SHARED }, () => ({
        contents: shared.map((each) => `import ${JSON.stringify(join(root, each))};`).join("\n"),
        resolveDir: root,
      }));
      // a package may say that importing it does nothing: here it does
      builder.onResolve({ filter: /./, namespace: SHARED }, ({ path }) => ({
        path,
        sideEffects: true,
      }));
      builder.onLoad({ filter: /\.tsx?$/ }, async ({ path }) => {
        if (!paths.has(path)) return undefined;
        const source = await readFile(path, "utf8");
        return { contents: `import "${SHARED}";\n${source}`, loader: "tsx" };
      });
    },
  };
}
