import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeProject } from "../fixtures/make-project.ts";
import { hex, hexJson } from "./hex.ts";

const config = JSON.stringify({ name: "Test" });
const count = `import { cached } from "hex-runtime";
export default cached("count", () => [{ n: 1 }]);`;
const limit = `import { slider } from "hex-runtime";
export default slider({ min: 0, max: 30 });`;

/** A failure: the files that make it, the flags, and what the user is told. */
const failures: readonly {
  readonly what: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly exitCode: number;
  readonly code: string;
  readonly told: string;
}[] = [
  {
    what: "a context that does not exist",
    flags: ["--context", "publish"],
    exitCode: 2,
    code: "HEX_USAGE",
    told: 'Expected --context to be one of logic, app, scheduled, api-triggered, got "publish"',
  },
  {
    what: "an app run before anything was published",
    flags: ["--context", "app"],
    exitCode: 1,
    code: "HEX_NOT_COMPUTED",
    told: "got nothing (run `hex run --context logic` to compute and publish it)",
  },
  {
    what: "an input that does not exist",
    flags: ["--input", "speed=3"],
    exitCode: 2,
    code: "HEX_INPUT_INVALID",
    told: 'Expected --input speed to be for one of the inputs limit, got "speed"',
  },
  {
    what: "an input out of its range, also when the run would prune it",
    flags: ["--context", "app", "--input", "limit=31"],
    exitCode: 2,
    code: "HEX_INPUT_INVALID",
    told: 'Expected --input limit to be a number from 0 to 30 in steps of 1, got "31"',
  },
  {
    what: "an input flag without a value",
    flags: ["--input", "limit"],
    exitCode: 2,
    code: "HEX_USAGE",
    told: 'Expected --input to be name=value, got "limit"',
  },
  {
    what: "a configured input that breaks its rule",
    files: { "hex.config.json": JSON.stringify({ name: "Test", inputs: { limit: "1" } }) },
    exitCode: 2,
    code: "HEX_INPUT_INVALID",
    told: 'Expected `inputs.limit` in hex.config.json to be a number from 0 to 30 in steps of 1, got "1"',
  },
  {
    what: "an unknown key in the config",
    files: { "hex.config.json": JSON.stringify({ name: "Test", cels: "x" }) },
    exitCode: 2,
    code: "HEX_CONFIG_INVALID",
    told: "Expected hex.config.json to be without unknown keys, got `cels`",
  },
  {
    what: "a config that is not JSON, with its line",
    files: { "hex.config.json": '{\n  "name": "Test",\n  "cells" "cells"\n}' },
    exitCode: 2,
    code: "HEX_CONFIG_INVALID",
    told: "Expected hex.config.json:3:11 to be JSON, got ",
  },
  {
    what: "a listed secret without a value",
    files: { "hex.config.json": JSON.stringify({ name: "Test", secrets: ["API_KEY"] }) },
    exitCode: 2,
    code: "HEX_SECRET_MISSING",
    told: "Expected secret API_KEY, listed in hex.config.json, to be",
  },
  {
    what: "a cell that throws, at its line",
    files: {
      "cells/03-bad.ts": `import { cell } from "hex-runtime";

export default cell((): number => {
  const limits: number[] = [];
  throw new RangeError(\`no limit among \${limits.length}\`);
});`,
    },
    exitCode: 1,
    code: "HEX_CELL_FAILED",
    told: "Expected cell bad (cells/03-bad.ts:5:9) to be computed, got RangeError: no limit among 0",
  },
  {
    what: "a cell that asks for a column that is not there, at its line",
    files: {
      "cells/03-bad.ts": `import { cell, frame } from "hex-runtime";

export default cell(() => frame([{ a: 1 }])
  .select("nope" as "a"));`,
    },
    exitCode: 1,
    code: "HEX_FRAME_INVALID",
    told: "In cell bad (cells/03-bad.ts:4:4): Expected",
  },
  {
    what: "a cell file with a syntax error, at its line",
    files: {
      "cells/03-bad.ts": 'import { cell } from "hex-runtime";\n\nexport default cell(() => {',
    },
    exitCode: 2,
    code: "HEX_CELL_INVALID",
    told: "cells/03-bad.ts:3:",
  },
  {
    what: "cells that depend on each other in a loop, with the path",
    files: {
      "cells/03-a.ts":
        'import { cell } from "hex-runtime";\nimport b from "./04-b.ts";\nexport default cell({ b }, () => 1);',
      "cells/04-b.ts":
        'import { cell } from "hex-runtime";\nimport a from "./03-a.ts";\nexport default cell({ a }, () => 1);',
    },
    exitCode: 2,
    code: "HEX_CELL_CYCLE",
    told: "got cells/03-a.ts → cells/04-b.ts → cells/03-a.ts (remove one of these imports)",
  },
  {
    what: "a store on a path that is a file",
    files: { "hex.config.json": JSON.stringify({ name: "Test", store: "file:taken" }), taken: "x" },
    exitCode: 3,
    code: "HEX_STORE_UNAVAILABLE",
    told: "taken",
  },
];

describe("a failure is told in a sentence, under its code, with its exit code", () => {
  it.each(failures)("$what", async ({ files = {}, flags = [], exitCode, code, told }) => {
    const { directory } = await makeProject({
      "hex.config.json": config,
      "cells/01-limit.ts": limit,
      "cells/02-count.ts": count,
      ...files,
    });
    const ended = await hexJson(["run", "--project", directory, ...flags]);
    expect(ended.result.error?.message).toContain(told);
    expect(ended.result).toMatchObject({ status: "failed", error: { code } });
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
  });

  it("says the same on stderr, without a stack, when nobody asks for JSON", async () => {
    const { directory } = await makeProject({ "hex.config.json": "[]" });
    const ended = await hex(["run", "--project", directory]);
    expect(ended).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "Expected hex.config.json to be an object, got [] [HEX_CONFIG_INVALID]\n",
    });
  });

  it("shows the stack to those who ask for it", async () => {
    const { directory } = await makeProject({ "hex.config.json": "[]" });
    const { stderr } = await hex(["run", "--project", directory, "--debug"]);
    expect(stderr).toMatch(/^ {4}at /m);
  });

  it("says what a project is when the folder is none", async () => {
    const { directory } = await makeProject({});
    const { stderr, exitCode } = await hex(["run", "--project", join(directory, "nowhere")]);
    expect(stderr).toContain("a project is a folder with hex.config.json and cells");
    expect(exitCode).toBe(2);
  });

  it.each([
    [["run", "--contxt", "app"], "unknown option '--contxt'"],
    [["fly"], "unknown command 'fly'"],
  ])("refuses the command line %j", async (argv, told) => {
    const { stderr, exitCode } = await hex(argv);
    expect(stderr).toContain(told);
    expect(exitCode).toBe(2);
  });

  it("tells a store that cannot be written to", async () => {
    const project = await makeProject({ "hex.config.json": config, "cells/count.ts": count });
    await mkdir(join(project.directory, ".hex"));
    await writeFile(join(project.directory, ".hex/store"), "in the way");
    const { result, exitCode } = await hexJson(["run", "--project", project.directory]);
    expect(exitCode).toBe(3);
    expect(result.error?.code).toBe("HEX_STORE_UNAVAILABLE");
  });
});
