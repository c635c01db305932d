// Decides which modules of the package go into which script (tools/write-scripts.mjs).

/**
 * The modules that each script is made for, with all that they import and no script above holds. A run
 * of the published app is to find all of its code in `core`.
 */
const ROOTS = {
  cron: ["node_modules/croner/dist/croner.js"],
  core: [
    "src/cli/main.ts",
    "src/cli/run.ts",
    "src/cli/render-result.ts",
    "src/index.ts",
    "src/store/directory/directory-write.ts",
  ],
  publish: [
    "src/run/publish-run.ts",
    "src/run/parts/join-parts.ts",
    "src/work/recover-runs.ts",
    "src/work/submit-run.ts",
    "src/work/project-runs.ts",
    "src/store/directory/directory-leftovers.ts",
    "src/frame/csv/read/csv-blocks.ts",
    "src/frame/csv/read/csv-own.ts",
    "src/frame/csv/read/csv-report.ts",
    "src/frame/csv/read/foreign-csv.ts",
    "src/frame/csv/write/csv-write.ts",
    "src/frame/to-frame.ts",
  ],
  child: [
    "src/kernel/run-child.ts",
    "src/kernel/serve-kernel.ts",
    "src/kernel/serve-thread.ts",
    "src/kernel/serve-threads.ts",
    "src/kernel/viewer-session.ts",
    "src/kernel/notebook-session.ts",
  ],
  worker: ["src/cli/worker.ts", "src/queue/embedded/embedded-queue.ts"],
  server: ["src/cli/serve.ts", "src/cli/dev.ts"],
};

/** Scripts of functions that most processes never call: others get them with the first call. */
const DEFERRED = new Set(["cron"]);

/**
 * Whether all scripts must have the same one: our own modules, and tables. Of other libraries each takes
 * the functions that it uses.
 */
function isShared(id) {
  return /^src\/|^node_modules\/(@uwdata\/flechette|croner)\//.test(id);
}

/** Which modules are in which script, which of these others need, and what is in none. */
export class ScriptPlan {
  #inputs;
  #holders = new Map();
  /** the scripts, in the order in which they are to be written */
  names = Object.keys(ROOTS);

  /** @param inputs the package's modules and their imports, as esbuild's metafile has them */
  constructor(inputs) {
    this.#inputs = inputs;
    for (const [name, roots] of Object.entries(ROOTS)) {
      for (const id of this.#toClosure(roots)) {
        if (!this.#holders.has(id)) this.#holders.set(id, name);
      }
    }
  }

  /** The script that holds a module; undefined for none. */
  holderOf(id) {
    return this.#holders.get(id);
  }

  isDeferred(id) {
    return DEFERRED.has(this.holderOf(id));
  }

  /** The modules of a script that it gives to others. */
  givenBy(name) {
    const given = new Set(ROOTS[name]);
    for (const { from, to, isLazy } of this.#imports()) {
      const isOut = isLazy || (this.holderOf(from) !== name && isShared(to));
      if (this.holderOf(to) === name && isOut) given.add(to);
    }
    return [...given].filter((id) => this.holderOf(id) === name);
  }

  /** The modules in no script that are loaded when they are needed. */
  get lazyEntries() {
    const lazy = this.#imports().filter(({ to, isLazy }) => isLazy && !this.#holders.has(to));
    return [...new Set(lazy.map(({ to }) => to))];
  }

  #imports() {
    return Object.entries(this.#inputs).flatMap(([from, { imports }]) =>
      imports
        .filter(({ external }) => !external)
        .map(({ path, kind }) => ({ from, to: path, isLazy: kind === "dynamic-import" })),
    );
  }

  /** Modules with all that they import when they are loaded. */
  #toClosure(roots) {
    const closure = new Set();
    const waiting = [...roots];
    while (waiting.length > 0) {
      const id = waiting.pop();
      if (closure.has(id)) continue;
      closure.add(id);
      waiting.push(...this.#importedAtOnce(id));
    }
    return closure;
  }

  #importedAtOnce(id) {
    if (!Object.hasOwn(this.#inputs, id)) {
      throw new Error(`Expected the scripts' roots to be modules of the package, got ${id}`);
    }
    return this.#inputs[id].imports
      .filter(({ external, kind }) => !external && kind !== "dynamic-import")
      .map(({ path }) => path);
  }
}
