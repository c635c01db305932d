import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import {
  LineRateLimit,
  LineReader,
  LONGEST_LINE,
  toPlainLine,
} from "../../../src/process/line-reader.ts";
import { ProcessLines } from "../../../src/run/process/process-lines.ts";
import { toRedactor } from "../../../src/run/redact/redactor.ts";
import { temporaryFolder } from "../../store/temporary-folder.ts";
import { runTask } from "./run-task.ts";

it("makes visible what a terminal would obey", () => {
  expect(toPlainLine("\u001b[31mred\u001b[0m")).toBe("\\x1b[31mred\\x1b[0m");
  expect(toPlainLine("10 %\r20 %\n\u0007\u009b")).toBe("10 %\\r20 %\\n\\x07\\x9b");
  expect(toPlainLine("a\u202eb\u2028c")).toBe("a\\u202eb\\u2028c");
});

it("leaves tabs, umlauts and emoji as they are", () => {
  const line = "a\tb ü 漢 👩‍👩‍👧";
  expect(toPlainLine(line)).toBe(line);
});

it("cuts a line that is too long, escaped or not", () => {
  expect(toPlainLine("x".repeat(9_000))).toMatch(/^x{8184} … \(cut\)$/);
  expect(toPlainLine("\u0000".repeat(8_000))).toHaveLength(8_192);
});

it("cuts a stream into lines, however it arrives", async () => {
  const bytes = Buffer.from("ü one\r\n\ntwo\nlast");
  const whole = ["ü one", "", "two", "last"];
  for (let size = 1; size <= bytes.length; size++) {
    expect(await read(chunks(bytes, size))).toEqual(whole);
  }
});

it("holds little of a line that never ends", async () => {
  const megabyte = Buffer.alloc(2 ** 20, "x");
  const lines = await read([...Array.from({ length: 40 }, () => megabyte), Buffer.from("\nnext")]);
  expect(lines.map((line) => line.length)).toEqual([4 * LONGEST_LINE + 1, 4]);
  expect(lines.map(toPlainLine)).toEqual([expect.stringMatching(/^x+ … \(cut\)$/), "next"]);
});

it("takes secrets out of a line before that is cut", async () => {
  const secret = "a secret that stands where a line is cut";
  const { redact } = toRedactor({ secret });
  const [line = ""] = await read([Buffer.from(`${"x".repeat(LONGEST_LINE - 20)}${secret} y\n`)]);
  expect(toPlainLine(redact(line, "text"))).toMatch(/x\[SECRET\] y$/);
  const [longer = ""] = await read([
    Buffer.from(`${"x".repeat(4 * LONGEST_LINE - 20)}${secret}\n`),
  ]);
  expect(redact(longer, "text")).toMatch(/x\[SECRET\] ?$/);
});

it("counts the lines of a flood instead of passing them on", () => {
  const told: string[] = [];
  let nowMs = 0;
  const flood = new LineRateLimit(
    (sentence) => told.push(sentence),
    () => nowMs,
  );
  const admitted = Array.from({ length: 5_000 }, () => flood.admits()).filter(Boolean);
  expect(admitted).toHaveLength(2_000);
  nowMs = 1_000;
  expect(flood.admits()).toBe(true);
  flood.close();
  expect(told).toEqual(["(3000 lines left out: more than 2000 in a second)"]);
});

it("passes on what a task prints, in order, its last words without a newline too", async () => {
  const { stdout, stderr } = await runTask("print", "one\n\u001b[2Jtwo\nthree");
  expect(stdout).toEqual(["one", "\\x1b[2Jtwo", "three"]);
  expect(stderr).toEqual([]);
});

it("reads what has come while this process itself stood still", async () => {
  const folder = await temporaryFolder();
  const lines: string[] = [];
  const { stdout, stderr } = spawn("sh", ["-c", "echo last words; touch said"], { cwd: folder });
  const reading = new ProcessLines({ stdout, stderr });
  reading.deliverTo(
    (_, line) => lines.push(line),
    (_, line) => line,
  );
  const closing = reading.close();
  standStill(() => existsSync(join(folder, "said")));
  await closing;
  expect(lines).toEqual(["last words"]);
});

it("survives a task that floods its log", async () => {
  const { ending, stdout } = await runTask("flood");
  expect(ending).toMatchObject({ status: "done" });
  const omitted = stdout.map((line) => Number(/^\((\d+) lines left out/.exec(line)?.[1] ?? -1));
  const kept = omitted.filter((count) => count < 0).length;
  expect(kept + omitted.reduce((sum, count) => sum + Math.max(0, count), 0)).toBe(200_000);
  expect(kept).toBeGreaterThanOrEqual(2_000);
});

/** Blocks this process for as long as something is not so, and for a second at least. */
function standStill(isSo: () => boolean): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  do Atomics.wait(pause, 0, 0, 1_000);
  while (!isSo());
}

function chunks(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

async function read(written: readonly Buffer[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  const reader = new LineReader(stream, (line) => lines.push(line));
  for (const chunk of written) stream.write(chunk);
  stream.end();
  await reader.readToEnd();
  reader.close();
  return lines;
}
