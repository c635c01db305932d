import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunResult } from "../../src/run/run-event.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { until } from "../work/project-processes.ts";
import { hex, hexJson, startHex, statusesOf } from "./hex.ts";
import { planetsProject } from "./planets-project.ts";

const waiting = {
  "hex.config.json": JSON.stringify({ name: "Test" }),
  "cells/01-slow.ts": `import { setTimeout } from "node:timers/promises";
import { cached } from "hex-runtime";
export default cached("slow", async (_, { progress, signal }) => {
  progress(0.25, "waiting");
  await setTimeout(600_000, undefined, { signal });
  return [{ n: 1 }];
});`,
};

/** Interrupts a run once, when it has said something: a second time would end it without a word. */
async function interrupted(directory: string, said: string, signal: NodeJS.Signals) {
  const { child, printed, ended } = startHex(["run", "--json", "--project", directory]);
  await until(`"${said}"`, () => printed.stderr.includes(said) || child.exitCode !== null);
  child.kill(signal);
  const { exitCode, stdout } = await ended;
  return { exitCode, result: JSON.parse(stdout) as RunResult };
}

describe("the planets tutorial", () => {
  it("computes once, and then every other context reads back and filters", async () => {
    const project = await planetsProject({ withDanfo: true });
    const quick = ["run", "--project", project, "--input", "sleep_time=0"];
    const logic = await hexJson([...quick, "--context", "logic"]);
    expect(logic.result).toMatchObject({ status: "completed", version: 1 });
    expect(new Set(Object.values(statusesOf(logic.result)))).toEqual(new Set(["computed"]));

    for (const context of ["app", "scheduled", "api-triggered"]) {
      const flags = ["--context", context, "--input", "method=Transit"];
      const { result, exitCode } = await hexJson(["run", "--project", project, ...flags]);
      expect(exitCode).toBe(0);
      expect(statusesOf(result)).toMatchObject({ sleep_time: "pruned", planets: "read" });
      const filtered = result.cells.find(({ name }) => name === "filtered")?.output;
      expect(filtered).toMatchObject({ kind: "frame", rows: 397 });
      const methods = filtered?.kind === "frame" ? filtered.head.map((row) => row["method"]) : [];
      expect(methods).toEqual(Array.from({ length: 20 }, () => "Transit"));
    }
    const csv = await readFile(join(project, ".hex/store/planets/planet_data.csv"), "utf8");
    expect(csv.split("\n")).toHaveLength(1_037);
  });

  it("never loads danfo in a run that reads planets, not even in a fresh checkout", async () => {
    const [project, elsewhere] = [
      await planetsProject({ withDanfo: true }),
      await planetsProject({ withDanfo: true }),
    ];
    const watch = join(elsewhere, "watch.cjs");
    await writeFile(
      watch,
      `process.on("exit", () => {
  const loaded = Object.keys(require.cache).filter((path) => path.includes("danfojs"));
  process.stderr.write(\`danfo files loaded: \${loaded.length}\\n\`);
});`,
    );
    const env = { NODE_OPTIONS: `--require=${watch}` };
    const logicFlags = ["run", "--project", project, "--input", "sleep_time=0"];
    const logic = await hex(logicFlags, { env });
    expect(logic.stderr).toMatch(/danfo files loaded: [1-9]/);
    await cp(join(project, ".hex/store"), join(elsewhere, ".hex/store"), { recursive: true });
    const app = await hex(["run", "--project", elsewhere, "--context", "app"], { env });
    expect(app.exitCode).toBe(0);
    expect(app.stderr).toContain("danfo files loaded: 0");
  });
});

describe("hex run", () => {
  it("prints the plan and its reasons, and runs nothing", async () => {
    const project = await planetsProject();
    const { stdout, exitCode } = await hex([
      ...["run", "--plan", "--context", "app"],
      ...["--project", project],
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/sleep_time +pruned +only feeds planets, which does not compute here/);
    expect(stdout).toMatch(/planets +read +app runs read what was published/);
  });

  it("shows outputs in file order on stdout and keeps progress on stderr", async () => {
    const project = await planetsProject();
    const flags = ["--project", project, "--input", "sleep_time=1"];
    const { stdout, stderr } = await hex(["run", ...flags]);
    expect(stdout).toMatch(/Planets found: 1035\n[\s\S]*Planets: logic run completed in /);
    expect(stderr).toContain("planets: 0 % Simulating heavy compute");
  });

  it("shows no progress when it is told to be quiet", async () => {
    const project = await planetsProject();
    const flags = ["--project", project, "--input", "sleep_time=0", "--quiet"];
    expect((await hex(["run", ...flags])).stderr).toBe("");
  });

  it("reads a CSV that another tool left, and reports the types it found", async () => {
    const { directory, write } = await makeProject({
      "hex.config.json": JSON.stringify({ name: "Test" }),
      "cells/01-people.ts": `import { cached } from "hex-runtime";
export default cached("team/people", () => { throw new Error("never computed here"); });`,
    });
    await write(".hex/store/team/people.csv", ",name,age,born\n0,Ada,36,1815-12-10\n1,Bo,,\n");
    const flags = ["run", "--project", directory, "--context", "app"];
    const { result, stderr } = await hexJson(flags);
    expect(result.cells[0]).toMatchObject({
      status: "read",
      data: { version: null, computedAt: expect.any(String) },
      output: {
        head: [
          { name: "Ada", age: 36, born: "1815-12-10" },
          { name: "Bo", age: null },
        ],
      },
    });
    expect(stderr).toContain("read as name string, age integer, born date");
  });

  it("does not publish over the very CSV that a cell reads", async () => {
    const source = "name,mass\nEarth,1\nMars,0.1\n";
    const { directory } = await makeProject({
      "hex.config.json": JSON.stringify({ name: "Test", store: "file:data" }),
      "data/planets.csv": source,
      "cells/01-planets.ts": `import { cached, readCsv } from "hex-runtime";
const file = new URL("../data/planets.csv", import.meta.url);
export default cached("planets", async () => (await readCsv(file)).filter((row: any) => row.mass > 0.5));`,
    });
    const { exitCode, result } = await hexJson(["run", "--project", directory]);
    expect([exitCode, result.version]).toEqual([2, null]);
    expect(result.error?.code).toBe("HEX_NAME_TAKEN");
    expect(result.error?.message).toContain("`hex run --overwrite planets`");
    expect(await readFile(join(directory, "data/planets.csv"), "utf8")).toBe(source);
  });

  it("runs cells whose types are wrong: that is for tsc to tell", async () => {
    const { directory } = await makeProject({
      "hex.config.json": JSON.stringify({ name: "Test" }),
      "cells/01-wrong.ts": `import { cell } from "hex-runtime";
const count: string = 7;
export default cell(() => count);`,
    });
    const { result } = await hexJson(["run", "--project", directory]);
    expect(result.cells[0]?.output).toEqual({ kind: "value", value: 7 });
  });

  it("writes the columns of what it published for tsc", async () => {
    const { directory } = await makeProject({
      "hex.config.json": JSON.stringify({ name: "Test" }),
      "cells/01-rows.ts": `import { cached } from "hex-runtime";
export default cached("rows", () => [{ n: 1, name: "x" }]);`,
    });
    await hexJson(["run", "--project", directory]);
    const declared = await readFile(join(directory, ".hex/frames.d.ts"), "utf8");
    expect(declared).toContain('readonly "name": string | null;');
  });

  it("keeps the other cells' results when one cell fails", async () => {
    const { directory } = await makeProject({
      "hex.config.json": JSON.stringify({ name: "Test" }),
      "cells/01-good.ts": 'import { cell } from "hex-runtime";\nexport default cell(() => 7);',
      "cells/02-bad.ts":
        'import { cell } from "hex-runtime";\nexport default cell(() => { throw new Error("no"); });',
      "cells/03-below.ts":
        'import { cell } from "hex-runtime";\nimport bad from "./02-bad.ts";\nexport default cell({ bad }, () => 1);',
    });
    const { result, exitCode } = await hexJson(["run", "--project", directory]);
    expect(exitCode).toBe(1);
    expect(statusesOf(result)).toEqual({ good: "computed", bad: "failed", below: "skipped" });
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "ends with 130 and publishes nothing when %s interrupts it",
    async (signal) => {
      const { directory } = await makeProject(waiting);
      const { result, exitCode } = await interrupted(directory, "waiting", signal);
      expect(exitCode).toBe(130);
      expect(result).toMatchObject({ status: "cancelled", error: { code: "HEX_CANCELLED" } });
      const app = await hexJson(["run", "--project", directory, "--context", "app"]);
      expect(app.result.error?.code).toBe("HEX_NOT_COMPUTED");
    },
  );

  it("can be interrupted while a cell never lets go", async () => {
    const { directory } = await makeProject({
      "hex.config.json": JSON.stringify({ name: "Test" }),
      "cells/01-busy.ts": `import { cached } from "hex-runtime";
export default cached("busy", async (_, { log }) => {
  log("busy from now on");
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (;;) {}
});`,
    });
    const { result, exitCode } = await interrupted(directory, "busy from now on", "SIGINT");
    expect([exitCode, result.status]).toEqual([130, "cancelled"]);
  });

  it("prints its result alone on stdout, whatever cells print", async () => {
    const { directory } = await makeProject({
      "hex.config.json": JSON.stringify({ name: "Test" }),
      "cells/01-loud.ts": `import { cached } from "hex-runtime";
console.log("module loud");
export default cached("loud", () => { console.error("cell loud"); return [{ n: 1 }]; });`,
    });
    const { result, stderr } = await hexJson(["run", "--project", directory]);
    expect(result.status).toBe("completed");
    expect(stderr).toMatch(/module loud/);
    expect(stderr).toMatch(/cell loud/);
  });

  it("redacts secrets in results, errors and progress", async () => {
    const { directory } = await makeProject({
      "hex.config.json": JSON.stringify({ name: "Test", secrets: ["API_KEY"] }),
      ".env": "API_KEY=canary-value-1",
      "cells/01-tells.ts": `import { cell } from "hex-runtime";
export default cell((_, { secrets, log }) => {
  log("using " + secrets.API_KEY);
  return { key: secrets.API_KEY, encoded: Buffer.from(secrets.API_KEY).toString("base64") };
});`,
      "cells/02-throws.ts": `import { cell } from "hex-runtime";
export default cell((_, { secrets }) => { throw new Error("refused " + secrets.API_KEY); });`,
    });
    const { stdout, stderr, result } = await hexJson(["run", "--project", directory]);
    expect(stdout + stderr).not.toContain("canary-value-1");
    expect(stdout).not.toContain(Buffer.from("canary-value-1").toString("base64"));
    expect(result.error?.message).toContain("refused [SECRET]");
    expect(stderr).toContain("tells: using [SECRET]");
  });
});
