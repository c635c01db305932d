import { mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Evaluation } from "../../src/kernel/evaluation.ts";
import type { PageState } from "../../src/page/page-state.ts";
import { hex, hexJson } from "../cli/hex.ts";
import { until } from "../work/project-processes.ts";
import { type ServedProject, serveProject } from "./served-project.ts";

const CELLS = {
  "cells/01-people.ts": `import { cached } from "hex-runtime";
export default cached("team/people", () => { throw new Error("never computed here"); }, {
  schema: { code: "string", mark: "string", note: "string", age: "integer" },
  maxAge: "1d",
});`,
  "cells/02-count.ts": `import { cell } from "hex-runtime";
import people from "./01-people.ts";
export default cell({ people }, ({ people }) => people.numRows);`,
};
const CSV = "code,mark,note,age\n12,F,NA,36\n7,T,x,41\n";
const WRITTEN_AT = "2026-01-31T12:00:00.000Z";

/** As other tools should: beside it, and then renamed. */
async function leave(directory: string, text: string, writtenAt = WRITTEN_AT): Promise<void> {
  const folder = join(directory, ".hex/store/team");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "draft"), text);
  await utimes(join(folder, "draft"), new Date(writtenAt), new Date(writtenAt));
  await rename(join(folder, "draft"), join(folder, "people.csv"));
}

async function readState({ call }: Pick<ServedProject, "call">): Promise<PageState> {
  return (await call("GET", "/page/state")).json();
}

async function evaluate({ call }: ServedProject, { version, commit }: PageState) {
  const body = { version, commit, inputs: {}, cells: ["people", "count"] };
  return call("POST", "/page/run", { body });
}

test("a store that holds only another tool's CSV is shown by the page, as old as the object is", async () => {
  const now = () => Date.parse("2026-02-02T12:00:00.000Z") + performance.now();
  const served = await serveProject({ cells: CELLS, now });
  expect(await readState(served)).toMatchObject({ version: null, commit: null, data: null });
  await leave(served.directory, CSV);
  await until("the CSV to be seen", async () => (await readState(served)).commit !== null);
  const state = await readState(served);
  expect(state).toMatchObject({
    ...{ version: null, publishedAt: null, evaluation: null },
    commit: expect.stringMatching(/^csv-[0-9a-f]{32}$/),
    data: { version: null, computedAt: WRITTEN_AT, stale: true, sameCode: null },
  });
  const answer: Evaluation = (await evaluate(served, state)).json();
  expect(answer).toMatchObject({ version: null, commit: state.commit });
  const [people, count] = answer.cells;
  expect(people).toMatchObject({ status: "read", data: { computedAt: WRITTEN_AT } });
  expect(people).not.toHaveProperty("csv");
  expect(count).toMatchObject({ output: { value: 2 } });
});

/** The same, where only the module of the cell tells its schema. */
const FOUND_CELLS = {
  ...CELLS,
  "cells/_columns.ts":
    'export const columns = { code: "string", mark: "string", note: "string", age: "integer" } as const;',
  "cells/01-people.ts": `import { cached } from "hex-runtime";
import { columns } from "./_columns.ts";
export default cached("team/people", () => [], { schema: { ...columns } });`,
};

test("a page is told when another tool has replaced its CSV, and shows one content or the other", async () => {
  const served = await serveProject({ cells: FOUND_CELLS });
  await leave(served.directory, CSV);
  const first = await readState(served);
  expect((await evaluate(served, first)).json().cells).toMatchObject([
    { output: { head: [{ code: "12", mark: "F", note: "NA" }, {}] } },
    { output: { value: 2 } },
  ]);
  await leave(served.directory, `${CSV}1,F,x,1\n`);
  await until("the new CSV to be seen", async () => {
    return (await readState(served)).commit !== first.commit;
  });
  const second = await readState(served);
  expect((await evaluate(served, second)).json().cells[1]).toMatchObject({ output: { value: 3 } });
  // What was read of the first one is still held.
  expect((await evaluate(served, first)).json().cells[1]).toMatchObject({ output: { value: 2 } });
  const never = { ...first, commit: "csv-00000000000000000000000000000000" };
  const gone = await evaluate(served, never);
  expect([gone.statusCode, gone.body]).toEqual([410, expect.stringContaining("other tools")]);
});

test("an app run, the page, an export and `hex versions` agree on a CSV of another tool", async () => {
  const served = await serveProject({ cells: CELLS });
  const { directory } = served;
  await leave(directory, CSV);
  const head = [
    { code: "12", mark: "F", note: "NA", age: 36 },
    { code: "7", mark: "T", note: "x", age: 41 },
  ];
  const flags = ["--project", directory];
  const { result, stderr } = await hexJson(["run", ...flags, "--context", "app"]);
  expect(result.cells[0]).toMatchObject({
    data: { version: null, computedAt: WRITTEN_AT },
    csv: [{ rows: 2, columns: [{ name: "code", type: "string" }, {}, {}, {}] }],
    output: { head },
  });
  expect(stderr).toContain("read as code string, mark string, note string, age integer; 2 rows");
  const answer: Evaluation = (await evaluate(served, await readState(served))).json();
  expect(answer.cells[0]).toMatchObject({ output: { head } });
  const out = join(directory, "page.html");
  const exported = await hex(["export", ...flags, "--out", out]);
  expect([exported.exitCode, exported.stderr]).toEqual([0, ""]);
  expect((await hex(["versions", ...flags])).stdout).toContain("another tool");
  const listed = JSON.parse((await hex(["versions", ...flags, "--json"])).stdout);
  expect(listed).toEqual({
    versions: [],
    foreign: [
      {
        frame: "team/people",
        key: "team/people.csv",
        writtenAt: WRITTEN_AT,
        sizeBytes: CSV.length,
      },
    ],
  });
  expect((await served.call("GET", "/page/versions")).json()).toMatchObject(listed);
});
