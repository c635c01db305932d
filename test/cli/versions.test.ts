import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeProject, type TestProject } from "../fixtures/make-project.ts";
import { hex, hexJson } from "./hex.ts";
import { shareProject } from "./share-project.ts";

const files = (rows: string) => ({
  "hex.config.json": JSON.stringify({ name: "Test", retention: { versions: 3, age: "1s" } }),
  "cells/01-rows.ts": `import { cached } from "hex-runtime";\nexport default cached("rows", () => ${rows});`,
});

/** Publishes the rows and gives what an app run then shows of them. */
async function publish(project: TestProject, rows: string): Promise<void> {
  for (const [file, text] of Object.entries(files(rows))) await project.write(file, text);
  const { exitCode } = await hex(["run", "--project", project.directory, "--quiet"]);
  expect(exitCode).toBe(0);
}

async function shown(project: TestProject): Promise<unknown> {
  const flags = ["run", "--project", project.directory, "--context", "app"];
  const { result } = await hexJson(flags);
  const output = result.cells[0]?.output;
  return output?.kind === "frame" ? output.head : result.error;
}

/** A project with a version 1. */
const publishedProject = shareProject(files("[{ n: 1 }]"), async (directory) => {
  const { exitCode } = await hex(["run", "--project", directory, "--quiet"]);
  expect(exitCode).toBe(0);
  return directory;
});

describe("hex versions", () => {
  it("lists who published what, newest first, and says when nothing is", async () => {
    const project = await makeProject(files("[{ n: 1 }]"));
    const flags = ["versions", "--project", project.directory];
    expect((await hex(flags)).stdout).toBe("Nothing is published yet.\n");
    await publish(project, "[{ n: 1 }]");
    await publish(project, "[{ n: 2 }, { n: 3 }]");
    const { stdout } = await hex([...flags, "--json"]);
    const { versions } = JSON.parse(stdout);
    expect(versions).toMatchObject([
      { generation: 2, isNewest: true, rows: 2, context: "logic", trigger: "cli" },
      { generation: 1, isNewest: false, rows: 1 },
    ]);
    expect((await hex(flags)).stdout).toMatch(/2 \* +\d{4}-\d\d-\d\d .*logic/);
  });
});

describe("hex rollback", () => {
  it("publishes an earlier version anew, under a higher number", async () => {
    const project = await makeProject(files("[{ n: 1 }]"));
    await publish(project, "[{ n: 1 }]");
    await publish(project, "[{ n: 2 }]");
    const { stdout, exitCode } = await hex(["rollback", "1", "--project", project.directory]);
    expect({ stdout, exitCode }).toEqual({
      stdout: "Version 3 is published; its frames are those of version 1.\n",
      exitCode: 0,
    });
    expect(await shown(project)).toEqual([{ n: 1 }]);
  });

  it.each([["9"], ["one"], ["-1"], ["1e3"]])("refuses %s, which is no version", async (version) => {
    const directory = await publishedProject();
    const ended = await hex(["rollback", "--project", directory, "--", version]);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toContain("HEX_USAGE");
  });
});

describe("hex gc", () => {
  it("removes nothing that a kept version needs, nor what is younger than a day", async () => {
    const project = await makeProject(files("[{ n: 1 }]"));
    for (const n of [1, 2, 3, 4, 5]) await publish(project, `[{ n: ${n} }]`);
    const store = join(project.directory, ".hex/store/.hex/runs");
    await writeFile(join(store, "orphan"), "young");
    const dry = await hex(["gc", "--dry-run", "--project", project.directory]);
    expect(dry.stdout).toContain("Would remove 0 objects");
    const { exitCode } = await hex(["gc", "--project", project.directory]);
    expect(exitCode).toBe(0);
    expect(await readdir(store)).toContain("orphan");
    expect(await shown(project)).toEqual([{ n: 5 }]);
    const back = await hex(["rollback", "3", "--project", project.directory]);
    expect(back.exitCode).toBe(0);
    expect(await shown(project)).toEqual([{ n: 3 }]);
  });
});
