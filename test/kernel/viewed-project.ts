import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { onTestFinished } from "vitest";
import type { Evaluation, Viewers } from "../../src/kernel/evaluation.ts";
import { openViewers, type ViewersOptions } from "../../src/kernel/viewers.ts";
import { openProjectRuns } from "../../src/work/project-runs.ts";
import { hexJson } from "../cli/hex.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { runtimeUrl } from "../work/worker-project.ts";

const CELLS = {
  "cells/01-people.ts": `import { readFileSync } from "node:fs";
import { cached } from "hex-runtime";
export default cached("people", () => JSON.parse(readFileSync("people.json", "utf8")));`,
  "cells/02-team.ts": `import { dropdown } from "hex-runtime";
import people from "./01-people.ts";
export default dropdown({ people }, ({ people }) => ({
  options: ["all", ...people.distinct("team")],
}));`,
  "cells/03-press.ts": `import { button } from "hex-runtime";
export default button({});`,
  "cells/04-act.ts": `import { text } from "hex-runtime";
export default text({ default: "well" });`,
  "cells/05-found.ts": `import { appendFileSync } from "node:fs";
import { cell } from "hex-runtime";
import people from "./01-people.ts";
import team from "./02-team.ts";
export default cell({ people, team }, ({ people, team }) => {
  appendFileSync("ran", "found " + team + " " + process.pid + "\\n");
  return team === "all" ? people : people.filter((person) => person.team === team);
});`,
  "cells/06-count.ts": `import { appendFileSync } from "node:fs";
import { cell } from "hex-runtime";
import found from "./05-found.ts";
export default cell({ found }, ({ found }, { log }) => {
  appendFileSync("ran", "count\\n");
  log("counted " + found.numRows);
  return found.numRows;
});`,
  "cells/07-pressed.ts": `import { appendFileSync } from "node:fs";
import { cell } from "hex-runtime";
import press from "./03-press.ts";
export default cell({ press }, ({ press }) => {
  appendFileSync("ran", "pressed " + press + "\\n");
  return press ? "pressed" : "waits";
});`,
  "cells/08-acted.ts": `import { appendFileSync, existsSync } from "node:fs";
import { chdir } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { cell } from "hex-runtime";
import act from "./04-act.ts";
export default cell({ act }, async ({ act }, { secrets, signal }) => {
  appendFileSync("ran", "acted " + act + " " + process.pid + "\\n");
  if (act === "hang") for (const line of ["begun", "hangs"]) console.log(line);
  if (act === "hang") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  if (act === "exit") process.exit(7);
  if (act === "die") process.kill(process.pid, "SIGKILL");
  if (act === "move") chdir(process.cwd());
  if (act === "zone") process.env.TZ = "Asia/Tokyo";
  if (act === "zone") return new Date(0).getHours();
  if (act === "tell") throw new Error("the key " + secrets.API_KEY + " was refused");
  if (act === "heed") await new Promise((resolve) => signal.addEventListener("abort", resolve));
  if (act === "heed") appendFileSync("ran", "heeded\\n");
  while (act.startsWith("gate") && !existsSync(act)) await wait(10);
  return act;
});`,
  "cells/09-below.ts": `import { cell } from "hex-runtime";
import acted from "./08-acted.ts";
export default cell({ acted }, ({ acted }) => [{ acted }]);`,
};

const STORE = ".hex/store";

export const SECRET = "canary-5f7b1c";

/** Rows that are of two teams, one of them hostile to spreadsheets. */
const PEOPLE = [
  { name: "Ada", team: "red", age: 36 },
  { name: "=cmd|' /C calc'!A1", team: "blue", age: null },
  { name: "Ann", team: "red", age: 20 },
];

/** A project that viewers look at. */
export interface ViewedTestProject {
  readonly directory: string;
  write(file: string, text: string): Promise<void>;
  /** Has a logic run publish these people; gives the version. */
  publish(people?: readonly object[]): Promise<number>;
  open(options?: ViewersOptions): Promise<Viewers>;
  /** what cells noted of themselves since it was asked before */
  ran(): Promise<readonly string[]>;
}

export async function viewedProject(
  files: Readonly<Record<string, string>> = {},
  config: object = {},
): Promise<ViewedTestProject> {
  const { directory, write } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Viewed", secrets: ["API_KEY"], ...config }),
    ".env": `API_KEY=${SECRET}\n`,
    ...CELLS,
    ...files,
  });
  let seen = 0;
  return {
    directory,
    write,
    publish: async (people = PEOPLE) => {
      await write("people.json", JSON.stringify(people));
      const isFirst = people === PEOPLE && Object.keys({ ...files, ...config }).length === 0;
      const version =
        isFirst && !existsSync(join(directory, STORE))
          ? await publishFirst(directory)
          : await publishNow(directory);
      await write("ran", "");
      seen = 0;
      return version;
    },
    open: async (options) => {
      const runs = await openProjectRuns(directory, { runtimeUrl });
      const viewers = openViewers(runs, options);
      onTestFinished(async () => {
        await viewers.close();
        await runs.close();
      });
      return viewers;
    },
    ran: async () => {
      const lines = (await readFile(join(directory, "ran"), "utf8")).split("\n").slice(0, -1);
      const news = lines.slice(seen);
      seen = lines.length;
      return news;
    },
  };
}

/** What the first run of the project as it is here has published: the same in each test. */
let first:
  | Promise<{ readonly version: number; readonly files: ReadonlyMap<string, Buffer> }>
  | undefined;

async function publishFirst(directory: string): Promise<number> {
  const store = join(directory, STORE);
  if (first === undefined) {
    first = publishNow(directory).then(async (version) => ({
      version,
      files: await readAll(store),
    }));
    return (await first).version;
  }
  const { version, files } = await first;
  for (const [name, body] of files) {
    await mkdir(dirname(join(store, name)), { recursive: true });
    await writeFile(join(store, name), body);
  }
  return version;
}

async function readAll(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const read = async (path: string) => [relative(folder, path), await readFile(path)] as const;
  return new Map(await Promise.all(paths.map(read)));
}

async function publishNow(directory: string): Promise<number> {
  const { result } = await hexJson(["run", "--project", directory]);
  if (result.version === null) throw new Error(JSON.stringify(result));
  return result.version;
}

/** What cells show in an answer: values as they are, tables by the number of their rows. */
export function shownIn({ cells }: Pick<Evaluation, "cells">): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    cells.map(({ name, output, error, status }) => {
      if (output === undefined) return [name, error?.code ?? status];
      if (output.kind === "value") return [name, output.value];
      return [name, "rows" in output ? output.rows : output.kind];
    }),
  );
}
