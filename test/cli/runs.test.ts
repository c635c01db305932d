import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openRunHistory } from "../../src/run/history/run-history.ts";
import { newRunId } from "../../src/run/history/run-id.ts";
import type { RunResult } from "../../src/run/run-event.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { NOON, queuedRun, toCompleted } from "../run/history/records.ts";
import { hex, hexJson } from "./hex.ts";
import { shareProject } from "./share-project.ts";

const files = {
  "hex.config.json": JSON.stringify({ name: "Test", secrets: ["PASSWORD"] }),
  ".env": "PASSWORD=correct-horse",
  "cells/01-n.ts": `import { number } from "hex-runtime";\nexport default number({ default: 1 });`,
  "cells/02-rows.ts": `import { cached } from "hex-runtime";
import n from "./01-n.ts";
export default cached("rows", { n }, ({ n }, { log, secrets }) => {
  log("computing " + n + " with " + secrets.PASSWORD);
  if (n === 13) throw new Error("unlucky " + secrets.PASSWORD);
  return [{ n }];
});`,
};

/** A project in which a run has published, one has read and one has failed, in this order. */
const projectWithRuns = shareProject(files, async (directory) => {
  const runs = (flags: readonly string[]) => hex(["runs", ...flags, "--project", directory]);
  const results: RunResult[] = [];
  for (const flags of [[], ["--context", "app"], ["--input", "n=13"]]) {
    results.push((await hexJson(["run", "--project", directory, ...flags])).result);
  }
  return { directory, runs, results, ids: results.map(({ runId }) => runId) };
});

const INSTANT = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d";

describe("hex runs", () => {
  it("lists every run from the command line, newest first", async () => {
    const { runs, ids } = await projectWithRuns();
    const { stdout, exitCode } = await runs(["list"]);
    expect(exitCode).toBe(0);
    const [headings, ...lines] = stdout.trimEnd().split("\n");
    expect(headings?.trim().split(/ {2,}/)).toEqual([
      "run",
      "context",
      "trigger",
      "status",
      "started",
      "elapsed",
      "version",
      "schedule",
    ]);
    const [published, read, failed] = ids;
    expect(lines).toEqual([
      expect.stringMatching(`^  ${failed} +logic +cli +failed +${INSTANT} +[\\d,]+ ms`),
      expect.stringMatching(`^  ${read} +app +cli +completed +${INSTANT} +[\\d,]+ ms +1 read$`),
      expect.stringMatching(`^  ${published} +logic +cli +completed +${INSTANT} +.* +1 published$`),
    ]);
  });

  it("lists only what is asked for, and tells programs where to go on", async () => {
    const { runs, ids } = await projectWithRuns();
    const list = async (...flags: readonly string[]) => {
      const { runs: found, next } = JSON.parse((await runs(["list", "--json", ...flags])).stdout);
      return [found.map(({ runId }: { runId: string }) => runId), next];
    };
    const [published, read, failed] = ids;
    expect(await list("--status", "failed")).toEqual([[failed], null]);
    expect(await list("--context", "app")).toEqual([[read], null]);
    expect(await list("--limit", "1")).toEqual([[failed], failed]);
    expect(await list("--before", failed ?? "")).toEqual([[read, published], null]);
  });

  it("shows what was asked for, who ran it, and what became of each cell", async () => {
    const { runs, ids } = await projectWithRuns();
    const { stdout } = await runs(["show", ids[2] ?? ""]);
    expect(stdout).toMatch(`Run ${ids[2]}\n`);
    expect(stdout).toMatch(/^ {2}status +failed$/m);
    expect(stdout).toMatch(/^ {2}trigger +cli, asked for by \S+@\S+$/m);
    expect(stdout).toMatch(/^ {2}inputs +n=13$/m);
    expect(stdout).toMatch(
      new RegExp(`^Attempts\n {2}1 +${INSTANT} +[\\d,]+ ms +\\S+@\\S+:\\d+$`, "m"),
    );
    expect(stdout).toMatch(/^ {2}rows +failed .*cells\/02-rows\.ts:5:\d+/m);
    expect(stdout).toMatch(/unlucky \[SECRET\] \[HEX_CELL_FAILED\]\n$/);
    const json = JSON.parse((await runs(["show", ids[0] ?? "", "--json"])).stdout);
    expect(json).toMatchObject({ state: "completed", version: 1, isPublisher: true, inputs: {} });
  });

  it("prints the log of a run, and keeps no secret anywhere", async () => {
    const { directory, runs, ids, results } = await projectWithRuns();
    const { stdout } = await runs(["logs", ids[2] ?? ""]);
    expect(stdout).toMatch(/^\d{4}.*\.\d{3} {2}rows: computing 13 with \[SECRET\]\n$/);
    expect((await runs(["logs", ids[1] ?? ""])).stderr).toBe("The run has logged nothing.\n");
    const day = new Date(results[2]?.startedAt ?? "").toISOString().slice(0, 10);
    const folder = join(directory, ".hex/store/.hex/history", day, ids[2] ?? "");
    const names = ["record.json", "log.jsonl", "result.json"];
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
    expect(texts.join()).not.toContain("correct-horse");
    expect(texts.every((text) => text.includes("[SECRET]"))).toBe(true);
  });

  it("finds a run by the beginning of its id, when no other begins so", async () => {
    const { runs, ids } = await projectWithRuns();
    const first = ids[0] ?? "";
    // Ids of one minute share 8 characters, those of one millisecond 13.
    expect((await runs(["show", first.slice(0, 18)])).stdout).toContain(`Run ${first}`);
  });

  it("names no run when several begin as was asked", async () => {
    const { directory } = await makeProject(files);
    const store = new DirectoryStore(join(directory, ".hex/store"));
    const ids = [NOON, NOON + 1].map((ms) => queuedRun(ms));
    for (const run of ids) await openRunHistory(store).accept(run);
    const flags = ["runs", "show", ids[0]?.runId.slice(0, 8) ?? "", "--project", directory];
    const ended = await hex(flags);
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("2 runs have") });
  });

  it.each([
    [["show", "0190"], "HEX_USAGE"],
    [["show", "../../etc/passwd"], "HEX_USAGE"],
    [["logs", newRunId(0)], "HEX_RUN_UNKNOWN"],
    [["list", "--status", "lost"], "HEX_USAGE"],
    [["list", "--limit", "0"], "HEX_USAGE"],
    [["list", "--context", "night"], "HEX_USAGE"],
  ])("ends %j with 2 and %s", async (flags, code) => {
    const { runs } = await projectWithRuns();
    const ended = await runs(flags);
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(code) });
  });
});

describe("a store that takes no record", () => {
  it("lets the run succeed, and is told in one line", async () => {
    const { directory } = await makeProject(files);
    await hex(["run", "--project", directory, "--quiet"]);
    const history = join(directory, ".hex/store/.hex/history");
    // A file in the way stops root too, whom no rights stop.
    await rm(history, { recursive: true });
    await writeFile(history, "");
    const ended = await hex(["run", "--context", "app", "--project", directory]);
    expect(ended.exitCode).toBe(0);
    expect(ended.stderr.split("\n").filter((line) => line.includes("not recorded"))).toEqual([
      expect.stringMatching(/^the run is not recorded: Expected /),
    ]);
  });
});

describe("hex gc", () => {
  it("forgets runs that are older than is kept, and says so first when asked", async () => {
    const { directory } = await makeProject(files);
    const old = toCompleted(queuedRun(Date.now() - 91 * 86_400_000));
    const folder = join(
      directory,
      ".hex/store/.hex/history",
      old.submittedAt.slice(0, 10),
      old.runId,
    );
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "record.json"), JSON.stringify({ ...old, writes: ["w"] }));
    const gc = (...flags: string[]) => hex(["gc", "--project", directory, ...flags]);
    expect((await gc("--dry-run")).stdout).toContain("Would remove the history of 1 runs, ");
    expect((await gc()).stdout).toContain("Removed the history of 1 runs, ");
    expect((await gc("--dry-run")).stdout).not.toContain("history");
  });
});
