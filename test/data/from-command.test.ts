import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FromCommandOptions } from "../../src/data/command/command-options.ts";
import { fromCommand } from "../../src/data/command/from-command.ts";
import { frameToArrow } from "../../src/frame/arrow/arrow-write.ts";
import { writeParquet } from "../../src/frame/parquet/write-parquet.ts";
import { frame } from "../../src/frame/rows.ts";
import { readProcess } from "../../src/process/process-table.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hex-from-command-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A context that remembers what it was told. */
function newContext(signal = new AbortController().signal) {
  const lines: string[] = [];
  const steps: (readonly [number, string | undefined])[] = [];
  return {
    signal,
    lines,
    steps,
    log(line: string): void {
      lines.push(line);
    },
    progress(fraction: number, message?: string): void {
      steps.push([fraction, message]);
    },
  };
}

const node = (script: string, ...args: string[]) => [process.execPath, "-e", script, ...args];
const csv = (command: readonly string[], options: Partial<FromCommandOptions> = {}) =>
  fromCommand(command, { format: "csv", context: newContext(), ...options });
const print = (text: string) => `process.stdout.write(${JSON.stringify(text)});`;
const say = (text: string) => `process.stderr.write(${JSON.stringify(text)});`;

describe("the table of a program", () => {
  test("is the CSV that it prints, in any dialect", async () => {
    const reports: unknown[] = [];
    const table = await csv(node(print("city;total\nUlm;1,5\n")), {
      csv: { delimiter: ";", decimal: ",", report: ({ name }) => reports.push(name) },
    });
    expect(table.rows()).toEqual([{ city: "Ulm", total: 1.5 }]);
    expect(reports).toEqual([expect.stringMatching(/^standard output of `.*node -e/)]);
  });

  test("is the file at {output}, or at a path below the project, where it was removed before", async () => {
    const write = `require("node:fs").writeFileSync(process.argv[1], "a\\n1\\n"); console.log("done");`;
    const context = newContext();
    expect((await csv(node(write, "{output}"), { context })).rows()).toEqual([{ a: 1 }]);
    expect(context.lines).toEqual(["done"]);
    const output = relative(process.cwd(), join(folder, "table.csv"));
    await writeFile(output, "old\n1\n");
    expect((await csv(node(write, output), { output })).rows()).toEqual([{ a: 1 }]);
    await expect(csv(node("0"), { output })).rejects.toThrow(/to be the table .*, got no file/);
    expect(existsSync(output)).toBe(false);
  });

  test("is Parquet, with the options that its reader has", async () => {
    const file = join(folder, "table.parquet");
    await writeParquet(frame([{ n: 1.5, city: "Ulm" }]), file);
    const copy = `require("node:fs").copyFileSync(${JSON.stringify(file)}, process.argv[1])`;
    const options = { format: "parquet", parquet: { columns: ["n"] } } as const;
    expect((await csv(node(copy, "{output}"), options)).rows()).toEqual([{ n: 1.5 }]);
  });

  test("is JSON lines, whose long numbers stay", async () => {
    const lines = node(print('{"id":9007199254740993}\n{"id":1}\n'));
    expect((await csv(lines, { format: "jsonl" })).column("id")).toEqual([9007199254740993n, 1n]);
  });

  test("is Arrow, with the types that the schema names", async () => {
    const file = join(folder, "table.arrow");
    await writeFile(file, frameToArrow(frame([{ n: 1, day: "2026-01-31" }])));
    const table = await fromCommand(
      node(`process.stdout.write(require("fs").readFileSync(${JSON.stringify(file)}))`),
      {
        format: "arrow",
        context: newContext(),
        schema: { n: "bigint", day: "date" },
      },
    );
    expect(table.rows()).toEqual([{ n: 1n, day: "2026-01-31" }]);
  });

  test("has the run's environment, what was added, and nothing on standard input", async () => {
    const script = `process.stdin.resume().on("end", () => console.log("p,v,h\\n" + [!!process.env.PATH, process.env.ADDED, !!process.env.HOME]))`;
    const table = await csv(node(script), { environment: { ADDED: "5", HOME: undefined } });
    expect(table.rows()).toEqual([{ p: true, v: 5, h: false }]);
  });
});

describe("what a program says", () => {
  test("is the cell's log, but for lines that tell its progress", async () => {
    const context = newContext();
    const said = "loading\r\n  7%|bar\r 50%|bar\rfitted\nat 100 %\nlast";
    await csv(node(say(said) + print("a\n1\n")), { context, progress: /(\d+) ?%/g });
    expect(context.lines).toEqual(["loading", "fitted", "last"]);
    expect(context.steps).toEqual([
      [0.07, "7%|bar"],
      [0.5, "50%|bar"],
      [1, "at 100 %"],
    ]);
  });

  test.each([
    [/step (\d+) of ([\d,]+)/, "step 50 of 1,000\n", 0.05],
    [/p=([\d.]+)/, "p=0.25\n", 0.25],
    [/p=([\d.]+)/, "p=25\n", 0.25],
    [/p=(\S+)/, "p=1%\n", 0.01],
  ])("is read as progress by %s", async (progress, line, fraction) => {
    const context = newContext();
    await csv(node(say(line) + print("a\n1\n")), { context, progress });
    expect(context.steps).toEqual([[fraction, line.trim()]]);
  });

  test("needs a pattern with one group or two", async () => {
    await expect(csv(node("0"), { progress: /\d+/ })).rejects.toThrow(
      "Expected the option `progress` of fromCommand to be a pattern with one group (a fraction or a percentage) or two (n of m), got 0 groups in /\\d+/",
    );
  });
});

describe("a program that gives no table", () => {
  test.each([
    [
      "exits with another code",
      `${say("no such survey\n")} process.exitCode = 3;`,
      "HEX_CELL_FAILED",
      /to be done with exit code 0, got exit code 3 \(its last line: "no such survey"\)/,
    ],
    [
      "is ended by a signal",
      "process.kill(process.pid, 'SIGKILL'); setInterval(() => 0, 1000);",
      "HEX_CELL_FAILED",
      /got the signal SIGKILL/,
    ],
    [
      "writes nothing",
      say("nothing to do\n"),
      "HEX_CELL_FAILED",
      /^Expected standard output of `.*` to be the table that the program writes, got nothing \(its last line: "nothing to do"\)/,
    ],
    [
      "writes what is no table",
      say("warned\n") + print("a,b\n1\n"),
      "HEX_DATA_INVALID",
      /^Expected line 2 of standard output of `.*of 2 fields.*; the program's last line: "warned"$/,
    ],
  ])("and %s, is one sentence", async (_what, script, code, message) => {
    await expect(csv(node(script))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test("since it is not there, is told what to install", async () => {
    const missing = csv(["julia", "x.jl"], { environment: { PATH: folder } });
    await expect(missing).rejects.toThrow(
      "Expected the program `julia` to be on the PATH of this machine, got none of that name (install Julia, from julialang.org)",
    );
    await writeFile(join(folder, "heavy.sh"), "echo");
    await expect(csv([join(folder, "heavy.sh")])).rejects.toThrow(/got EACCES \(chmod \+x/);
    await expect(csv([])).rejects.toThrow(/the command of fromCommand.*got an empty list/);
    await expect(csv(["x", "{output}"], { output: "y" })).rejects.toThrow(/to be in one file/);
  });
});

test("a program that heeds no signal is gone a second after the run was stopped, with what it started", async () => {
  const child = `process.on("SIGTERM", () => 0); setInterval(() => 0, 1000);`;
  const script = `
    const { spawn } = require("node:child_process");
    const options = { detached: true, stdio: "ignore" };
    const { pid } = spawn(process.execPath, ["-e", ${JSON.stringify(child)}], options);
    ${child}
    console.error("up " + pid + " " + process.pid);`;
  const stop = new AbortController();
  const context = newContext(stop.signal);
  const up = new Promise<string>((resolve) => {
    context.log = (line) => resolve(line);
  });
  const running = csv(node(script), { context });
  running.catch(() => undefined);
  const pids = (await up).split(" ").slice(1).map(Number);
  expect(pids.map((pid) => readProcess(pid)?.pid)).toEqual(pids);
  const stoppedMs = performance.now();
  stop.abort(new Error("stopped by the test"));
  await expect(running).rejects.toThrow("stopped by the test");
  expect(performance.now() - stoppedMs).toBeLessThan(3_000);
  expect(pids.map((pid) => readProcess(pid))).toEqual([undefined, undefined]);
});

const hasR = spawnSync("Rscript", ["--version"]).status === 0;

test.skipIf(!hasR)("a script of R gives its data frame", async () => {
  const file = join(folder, "heavy.R");
  await writeFile(
    file,
    `args <- commandArgs(trailingOnly = TRUE)
     for (i in 1:2) message(i, "/2")
     write.csv(data.frame(city = c("Ulm", NA), n = c(1.5, 2)), args[1], row.names = FALSE)`,
  );
  const context = newContext();
  const progress = /(\d+)\/(\d+)/;
  const table = await csv(["Rscript", file, "{output}"], { context, progress });
  expect(table.rows()).toEqual([
    { city: "Ulm", n: 1.5 },
    { city: null, n: 2 },
  ]);
  expect(context.steps.map(([fraction]) => fraction)).toEqual([0.5, 1]);
});
