import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, inject, it } from "vitest";

const main = new URL("../../bench/main.mjs", import.meta.url).pathname;
const groups = execFileSync("node", [main, "--list"], { encoding: "utf8" }).trim().split("\n");
const python = inject("python");

describe("npm run bench", () => {
  it.skipIf(python === null).each(groups)("measures %s at its smallest size", async (group) => {
    const env = { ...process.env, HEX_BENCH_PYTHON: python ?? "" };
    const { stdout } = await promisify(execFile)("node", [main, "--small", group], { env });
    const [, figures] = /^(\d+) figures/m.exec(stdout) ?? [];
    expect(Number(figures), stdout).toBeGreaterThan(0);
  });
});
