import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** What a long-lived program calls, and what starts a Redis or PostgreSQL and finds a browser; the package exports none of it. */
const DOORS = `
  export { cancelRecordedRun } from "./src/work/recover-runs.ts";
  export { openProjectRuns } from "./src/work/project-runs.ts";
  export { submitRun } from "./src/work/submit-run.ts";
  export { openChromium } from "./test/servers/chromium.ts";
  export { openPostgres } from "./test/servers/postgres-server.ts";
  export { startRedisServers } from "./test/servers/redis-servers.ts";
`;

/** What the sources of a checkout export. @param keptIn as `openSources` has it */
export function openDoors(root, keptIn = root) {
  return openSources(root, root === keptIn ? "doors" : "doors-before", DOORS, keptIn);
}

/**
 * Node 20 reads no TypeScript, so the sources of a checkout are bundled; their libraries stay where they are.
 * @param keptIn the checkout that keeps the bundle, and whose libraries it finds
 */
export async function openSources(root, name, contents, keptIn = root) {
  const outfile = `${keptIn}.cache/bench-doors/${name}.mjs`;
  await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    packages: "external",
    plugins: [keepPlaces],
    logLevel: "warning",
  });
  return import(pathToFileURL(outfile).href);
}

/** Scripts beside a source are found from where the source is, not from the bundle. */
const keepPlaces = {
  name: "keep-places",
  setup: ({ onLoad }) =>
    onLoad({ filter: /test\/servers\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const place = JSON.stringify(pathToFileURL(path).href);
      return { contents: text.replaceAll("import.meta.url", place), loader: "ts" };
    }),
};
