// Plugins for esbuild: how modules get what scripts hold (tools/write-scripts.mjs).
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Modules of Node that take a millisecond to load, and are loaded when something of them is used. */
const DEFERRED_OF_NODE = /^(node:)?(child_process|worker_threads)$/;

/** The file, below `dist`, of a module that is in no script and loaded when it is needed. */
export function toLazyName(id) {
  return `chunks/${id.replace(/\.[cm]?[jt]sx?$/, "").replaceAll(/[^A-Za-z0-9-]+/g, "-")}`;
}

/**
 * Within a script: takes what other scripts hold from these. What is loaded later stays apart: it is
 * asked for by its id when a script holds it, else by its file.
 *
 * @param name the script
 * @param exported the modules that the scripts before it give
 */
export function intoScript({ root, name, exported, plan }) {
  const toElsewhere = (id, kind) => {
    const holder = plan.holderOf(id);
    if (kind === "dynamic-import")
      return { path: holder ? id : `./${toLazyName(id)}.js`, external: true };
    const isElsewhere = holder !== name && exported.has(id) && kind === "import-statement";
    return isElsewhere ? { path: id, namespace: "script" } : undefined;
  };
  return {
    name: "into-script",
    setup: (build) => {
      build.onResolve({ filter: DEFERRED_OF_NODE }, ({ path, namespace }) =>
        namespace === "deferred" ? undefined : { path, namespace: "deferred" },
      );
      onResolveOwn(build, root, toElsewhere);
      build.onLoad({ filter: /.*/, namespace: "deferred" }, ({ path }) => ({
        contents: toDeferredNode(path),
      }));
      build.onLoad({ filter: /.*/, namespace: "script" }, ({ path }) => {
        const names = Object.keys(exported.get(path));
        const isDeferred = plan.isDeferred(path);
        const get = `__load(${JSON.stringify(path)})`;
        return { contents: isDeferred ? toDeferred(names, get) : toFacade(path, names) };
      });
    },
  };
}

/** Within modules that Node loads: the same, through the module that loads the scripts. */
export function intoModule({ root, exported }) {
  const toElsewhere = (id, kind) =>
    exported.has(id) && /^(import-statement|dynamic-import)$/.test(kind)
      ? { path: id, namespace: "script" }
      : undefined;
  return {
    name: "into-module",
    setup: (build) => {
      build.onResolve({ filter: /^hex-runtime:load$/ }, () => ({
        path: "../load.js",
        external: true,
      }));
      onResolveOwn(build, root, toElsewhere);
      build.onLoad({ filter: /.*/, namespace: "script" }, ({ path }) => ({
        contents: `import { load as __load } from "hex-runtime:load";\n${toFacade(path, Object.keys(exported.get(path)))}`,
        resolveDir: root,
      }));
    },
  };
}

/** Lets a module take what it imports of Node without the module that Node makes of each. */
export const nodeAtOnce = {
  name: "node-at-once",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "node-at-once" }));
    onLoad({ filter: /.*/, namespace: "node-at-once" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** Finds modules as esbuild does, and asks about those of the package where they are to come from. */
function onResolveOwn({ onResolve, resolve }, root, toElsewhere) {
  onResolve({ filter: /^[^:]*$/ }, async ({ path, pluginData, kind, ...rest }) => {
    if (pluginData === "found" || kind === "entry-point") return undefined;
    const found = await resolve(path, { ...rest, kind, pluginData: "found" });
    const isOwn = !found.external && found.path.startsWith(root);
    return (isOwn && toElsewhere(found.path.slice(root.length), kind)) || found;
  });
}

/** A module that exports what one of a script does. */
function toFacade(id, names) {
  const lines = names.map((name, index) => `const x${index} = from.${name};`);
  const from = `const from = __load(${JSON.stringify(id)});`;
  return [from, ...lines, toExports(names)].join("\n");
}

/** The same for functions and classes, which are got when the first of them is called. */
function toDeferred(names, get) {
  const lines = names.map(
    (name, index) => `function x${index}(...given) {
      const from = ${get}.${name};
      return new.target === undefined ? from(...given) : new from(...given);
    }`,
  );
  return [...lines, toExports(names)].join("\n");
}

function toExports(names) {
  return `export { ${names.map((name, index) => `x${index} as ${name}`).join(", ")} };`;
}

/** What `require` of a module of Node gives, each of its names when it is asked for. */
function toDeferredNode(path) {
  const getters = Object.keys(require(path)).map(
    (name) => `get ${name}() { return load().${name}; }`,
  );
  return `const load = () => require("${path}");\nmodule.exports = { ${getters.join(", ")} };`;
}
