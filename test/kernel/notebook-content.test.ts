import { mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "../work/project-processes.ts";
import { imports, note, notebookOf, type OpenNotebook, openAgain } from "./notebook-project.ts";

/** A heavy cell over a data file, a secret that it may see, and one cell below it. */
const HEAVY = {
  "hex.config.json": JSON.stringify({ name: "Numbers", secrets: ["KEY"] }),
  ".env": "KEY=secret-one",
  "cells/1-heavy.ts": `${imports}
export default cached("heavy", () => {
  ${note("heavy")}
  const path = "data/x.json";
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [{ n: 0 }];
});`,
  "cells/2-last.ts": `${imports}
import heavy from "./1-heavy.ts";
export default cached("last", { heavy }, ({ heavy }) => {
  ${note("last")}
  return heavy;
});`,
  "data/x.json": '[{ "n": 1 }]',
};

/** A notebook that has published, opened anew after something has changed. */
async function openedAfter(
  change: (project: OpenNotebook) => Promise<unknown>,
  files: Readonly<Record<string, string>> = HEAVY,
): Promise<OpenNotebook> {
  const first = await notebookOf(files);
  await first.ended();
  first.notebook.publish();
  expect(await first.ended()).toMatchObject({ status: "completed", cause: "publish" });
  await first.notebook.close();
  await change(first);
  return openAgain(first.directory, first.write);
}

test("takes published frames over as long as nothing has changed, whatever the times", async () => {
  const { ended, ran, standing } = await openedAfter(({ directory }) => {
    const later = new Date(Date.now() + 60_000);
    return utimes(join(directory, "data/x.json"), later, later);
  });
  await ended();
  expect(await ran()).toEqual([]);
  expect(standing("last")?.state).toBe("read");
});

const CHANGES: Readonly<Record<string, (project: OpenNotebook) => Promise<unknown>>> = {
  "a file with an older time is moved over its data": async ({ directory }) => {
    await writeFile(join(directory, "old.json"), '[{ "n": 2 }]');
    await utimes(join(directory, "old.json"), new Date(0), new Date(0));
    await rename(join(directory, "old.json"), join(directory, "data/x.json"));
  },
  "its data is deleted": ({ directory }) => rm(join(directory, "data/x.json")),
  "a secret has changed": ({ directory }) => writeFile(join(directory, ".env"), "KEY=secret-two"),
};

test.each(Object.entries(CHANGES))("computes a published frame anew when %s", async (_, change) => {
  const { ended, ran, notebook } = await openedAfter(change);
  await ended();
  expect(await ran()).toEqual(["heavy", "last"]);
  notebook.publish();
  await ended();
  expect(notebook.book.head.publication).toMatchObject({ status: "completed", version: 2 });
});

test("computes a published frame anew when the default of an input above it has moved on", async () => {
  const files = {
    "today.txt": "2026-11-29",
    "cells/1-day.ts": `${imports}
import { date } from "hex-runtime";
export default date({}, () => ({ default: readFileSync("today.txt", "utf8") }));`,
    "cells/2-heavy.ts": `${imports}
import day from "./1-day.ts";
export default cached("heavy", { day }, ({ day }) => {
  ${note("heavy")}
  return [{ day }];
});`,
  };
  const { ended, ran } = await openedAfter(({ write }) => write("today.txt", "2026-12-01"), files);
  await ended();
  expect(await ran()).toEqual(["heavy"]);
});

test("runs a cell again when a file with an older time is moved over its data while it is open", async () => {
  const { directory, ended, ran } = await notebookOf(HEAVY);
  await ended();
  await ran();
  await CHANGES["a file with an older time is moved over its data"]?.({
    directory,
  } as OpenNotebook);
  await ended();
  expect(await ran()).toEqual(["heavy", "last"]);
});

test("does not take what runs and cells leave behind for changed data", async () => {
  const { notebook, ended, ran } = await notebookOf({
    "cells/1-root.ts": `${imports}
const root = new URL("..", import.meta.url);
export default cached("root", () => {
  ${note("root")}
  return [{ root: root.href }];
});`,
  });
  expect(await ended()).toMatchObject({ cause: "start" });
  notebook.publish();
  expect(await ended()).toMatchObject({ cause: "publish" });
  expect(await ran()).toEqual(["root"]);
  // So many that changes which the first ones made would be told of among them.
  for (let run = 0; run < 30; run += 1) {
    notebook.run({ cause: "asked", fresh: "none" });
    await ended();
  }
  expect(await ran()).toEqual([]);
});

test("runs a cell again when a file comes into a folder that it watches", async () => {
  const { write, ended, ran } = await notebookOf({
    "model/deep/a.txt": "1",
    "cells/1-model.ts": `${imports}
export default cell(() => {
  ${note("model")}
  return 1;
}, { watch: ["model/**"] });`,
  });
  await ended();
  await ran();
  await write("model/deep/b.txt", "2");
  await ended();
  expect(await ran()).toEqual(["model"]);
});

const packageFile = (version: string) =>
  JSON.stringify({ name: "x", version, type: "module", exports: "./x.js" });

/** Writes a package, as a package manager does it: its folder first, and last the state file. */
async function install({ directory }: Pick<OpenNotebook, "directory">, version: string) {
  const folder = join(directory, "node_modules/x");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "x.js"), `export const version = "${version}";`);
  await writeFile(join(folder, "package.json"), packageFile(version));
}

const USES_PACKAGE = {
  "cells/1-version.ts": `${imports}
import { version } from "x";
export default cell(() => version);`,
};

test("a package that was missing is found by the next run once it is installed, and after an update", async () => {
  const project = await notebookOf(USES_PACKAGE);
  const { notebook, ended, value } = project;
  expect(await ended()).toMatchObject({ status: "failed" });
  expect(notebook.book.state.shown[0]?.error?.message).toContain("npm install x");
  await install(project, "1.0.0");
  notebook.run({ cause: "asked", fresh: "none" });
  await until("the package to be found", () => value("version") === "1.0.0");
  await install(project, "2.0.0");
  notebook.run({ cause: "asked", fresh: "none" });
  await until("the update to be seen", () => value("version") === "2.0.0");
});

test("a missing package does not have to be known from a cell that could be read", async () => {
  const project = await notebookOf({
    "cells/1-version.ts": `${imports}
import { version } from "x";
const options = { title: [version].join() };
export default cell({}, () => version, { ...options });`,
  });
  const { notebook, ended, value } = project;
  await ended();
  expect(notebook.book.head.problem?.message).toContain("npm install x");
  await install(project, "1.0.0");
  notebook.run({ cause: "asked", fresh: "all" });
  await until("the package to be found", () => value("version") === "1.0.0");
});

test("publishes with packages as they are installed now", async () => {
  const project = await notebookOf({
    "cells/1-version.ts": `${imports}
import { version } from "x";
export default cached("version", () => [{ version }]);`,
  });
  const { notebook, ended } = project;
  await ended();
  await install(project, "1.0.0");
  notebook.publish();
  expect(await ended()).toMatchObject({ cause: "publish", status: "completed" });
  expect(notebook.book.head.publication).toMatchObject({ status: "completed", version: 1 });
});

const HELPERS: Readonly<
  Record<
    string,
    {
      readonly cell: string;
      readonly files: Readonly<Record<string, string>>;
      readonly change: readonly [string, string];
    }
  >
> = {
  "a file that a CommonJS helper requires": {
    cell: `import help from "../lib/help.cjs";
export default cell(() => help.n);`,
    files: {
      "lib/help.cjs": `module.exports = { n: require("./n.cjs") };`,
      "lib/n.cjs": "module.exports = 1;",
    },
    change: ["lib/n.cjs", "module.exports = 2;"],
  },
  "a subpath import": {
    cell: `import { n } from "#lib/n";
export default cell(() => n);`,
    files: {
      "package.json": JSON.stringify({ imports: { "#lib/*": "./lib/*.ts" } }),
      "lib/n.ts": "export const n: number = 1;",
    },
    change: ["lib/n.ts", "export const n: number = 2;"],
  },
  "a script that it starts": {
    cell: `import { execFileSync } from "node:child_process";
export default cell(() => Number(execFileSync(process.execPath, ["scripts/n.mjs"])));`,
    files: { "scripts/n.mjs": "console.log(1);" },
    change: ["scripts/n.mjs", "console.log(2);"],
  },
};

test.each(Object.entries(HELPERS))("runs a cell again when %s has changed", async (_, helper) => {
  const { write, value } = await notebookOf({
    ...helper.files,
    "cells/1-n.ts": `${imports}\n${helper.cell}`,
  });
  await until("the cell to run", () => value("n") === 1);
  const [file, text] = helper.change;
  await write(file, text);
  await until("the change to be seen", () => value("n") === 2);
});

const READS_TEXT = {
  "cells/1-text.ts": `${imports}
const path = new URL("../data/x.txt", import.meta.url);
export default cell(() => {
  ${note("text")}
  return existsSync(path) ? readFileSync(path, "utf8") : "none";
});`,
};

/** Has a folder made elsewhere, with a text in it, to be moved into its place. */
async function folderOf({ directory, write }: OpenNotebook, name: string, text: string) {
  await write(`${name}/x.txt`, text);
  return join(directory, name);
}

/** Each ends with the text "swapped". */
const SWAPS: Readonly<Record<string, (project: OpenNotebook) => Promise<unknown>>> = {
  "is moved away and made anew": async ({ directory, write }) => {
    await rename(join(directory, "data"), join(directory, "data_"));
    await write("data/x.txt", "swapped");
  },
  "is removed, and made anew later": async ({ directory, write, value }) => {
    await rm(join(directory, "data"), { recursive: true });
    await until("its end to be seen", () => value("text") === "none");
    await mkdir(join(directory, "data"));
    await write("data/x.txt", "swapped");
  },
  "is removed and made anew at once": async ({ directory, write }) => {
    await rm(join(directory, "data"), { recursive: true });
    await write("data/x.txt", "swapped");
  },
  "gives way to another": async (project) => {
    const folder = await folderOf(project, "new", "swapped");
    await rm(join(project.directory, "data"), { recursive: true });
    await rename(folder, join(project.directory, "data"));
  },
  "gives way to a link": async (project) => {
    await folderOf(project, "v2", "swapped");
    await rm(join(project.directory, "data"), { recursive: true });
    await symlink("v2", join(project.directory, "data"));
  },
};

test.each(Object.entries(SWAPS))(
  "runs a cell again when the folder of its data %s, and at every edit afterwards",
  async (_, swap) => {
    const project = await notebookOf({ ...READS_TEXT, "data/x.txt": "first" });
    const { write, value } = project;
    await until("the cell to run", () => value("text") === "first");
    await swap(project);
    await until("the swap to be seen", () => value("text") === "swapped");
    for (const text of ["edited", "edited again"]) {
      await write("data/x.txt", text);
      await until("the edit to be seen", () => value("text") === text);
    }
  },
);

test("runs a cell again whenever the link to the folder of its data points elsewhere", async () => {
  const project = await notebookOf({ ...READS_TEXT, "v1/x.txt": "v1", "v2/x.txt": "v2" });
  const { directory, write, value } = project;
  for (const version of ["v1", "v2", "v1"]) {
    await symlink(version, join(directory, "link"));
    await rename(join(directory, "link"), join(directory, "data"));
    await until("the other folder to be seen", () => value("text") === version);
  }
  await write("v1/x.txt", "edited");
  await until("the edit to be seen", () => value("text") === "edited");
});

test("does not take other files in the folders above its data for changed data", async () => {
  const project = await notebookOf({ ...READS_TEXT, "data/x.txt": "first" });
  const { directory, write, ended } = project;
  await ended();
  for (const file of ["other.txt", "data/other.txt", "others/x.txt"]) await write(file, "1");
  await rename(join(directory, "other.txt"), join(directory, "another.txt"));
  await rm(join(directory, "data/other.txt"));
  await rm(join(directory, "others"), { recursive: true });
  // So many that a change would be told of among them.
  for (let run = 2; run < 32; run += 1) {
    project.notebook.run({ cause: "asked", fresh: "none" });
    expect(await ended()).toMatchObject({ cause: "asked", number: run });
  }
  await write("data/x.txt", "edited");
  expect(await ended()).toMatchObject({ cause: "change", number: 32 });
});
