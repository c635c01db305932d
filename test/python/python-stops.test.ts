import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { expect, inject, test, vi } from "vitest";
import { HexError } from "../../src/errors.ts";
import { readProcess } from "../../src/process/process-table.ts";
import { withFolder } from "../frame/with-folder.ts";
import { buildProgram } from "../store/build-program.ts";
import { FILE, type PythonCell, runCell } from "./python-cell.ts";

const program = new URL("./programs/carry-out-cell.ts", import.meta.url);
const python = inject("python") ?? "python3";

/** A cell that says the ids of what it has started, and then goes on for ever. */
const STARTS = `
import os, signal, subprocess, sys, threading, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from hex_runtime import cached

def told(*pids):
    for pid in pids:
        print("started", pid)

def spin(_):
    told(os.getpid())
    while True:
        pass

SLEEP = [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)"]
`;

const KINDS = {
  "a process pool": `
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(spin, range(2)))`,
  "a thread pool": `
    with ThreadPoolExecutor(2) as pool:
        told(os.getpid())
        list(pool.map(lambda _: time.sleep(600), range(2)))`,
  "subprocess children": `
    children = [subprocess.Popen(SLEEP) for _ in range(2)]
    told(*(child.pid for child in children))
    children[0].wait()`,
  "one that heeds no signal": `
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    told(os.getpid())
    while True:
        time.sleep(600)`,
  "one that catches KeyboardInterrupt": `
    told(os.getpid())
    while True:
        try:
            time.sleep(600)
        except KeyboardInterrupt:
            print("not now")`,
  "a grandchild in a session of its own": `
    script = "import subprocess, sys; print('started', subprocess.Popen(" + repr(SLEEP) + ", start_new_session=True).pid, flush=True)"
    subprocess.run([sys.executable, "-c", script])
    time.sleep(600)`,
};

const STOP = new HexError("HEX_CANCELLED", "Expected the run to go on, got a cancellation");

test.concurrent.for(Object.entries(KINDS))("ends %s within five seconds", async ([, body]) => {
  await withFolder(async (folder) => {
    const stopping = new AbortController();
    const pids: number[] = [];
    const source = `${STARTS}\n@cached("a")\ndef made():${body}\n`;
    const onLine = (line: string) => {
      const pid = /^started (\d+)$/.exec(line)?.[1];
      if (pid !== undefined) pids.push(Number(pid));
    };
    const cell: PythonCell = { source, interpreter: python, signal: stopping.signal, onLine };
    const running = runCell(folder, cell);
    const wanted = /pool\.map\(spin|SLEEP\) for/.test(body) ? 2 : 1;
    await vi.waitFor(() => expect(pids.length).toBe(wanted), { timeout: 60_000 });
    const startedMs = performance.now();
    stopping.abort(STOP);
    const { value } = await running;
    expect(value).toBe(STOP);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(pids.filter((pid) => readProcess(pid) !== undefined)).toEqual([]);
  });
});

test("sets `cancelled` and interrupts the main thread, and lets the cell tidy up", () =>
  withFolder(async (folder) => {
    const stopping = new AbortController();
    const source = `
import time
from hex_runtime import cached
@cached("a")
def made(*, cancelled, log):
    try:
        log("waits")
        time.sleep(600)
    finally:
        log(f"tidies up: {cancelled.is_set()}")
`;
    const onLine = (line: string) => {
      if (line === "waits") stopping.abort(STOP);
    };
    const cell = { source, interpreter: python, signal: stopping.signal, onLine };
    const { value, lines } = await runCell(folder, cell);
    expect([value, lines]).toEqual([STOP, ["waits", "tidies up: True"]]);
  }));

test("ends what a cell leaves running when it is done, and says so", () =>
  withFolder(async (folder) => {
    const source = `${STARTS}
@cached("a")
def made():
    told(subprocess.Popen(SLEEP, start_new_session=True).pid)
    return [{"a": 1}]
`;
    const { lines } = await runCell(folder, { source, interpreter: python });
    const [started = "", ...others] = lines;
    expect(others).toEqual([`${FILE}: 1 process that it left running was ended`]);
    expect(readProcess(Number(started.split(" ")[1]))).toBeUndefined();
  }));

test("ends a cell whose threads go on after its result, and says so", () =>
  withFolder(async (folder) => {
    const source = `${STARTS}
@cached("a")
def made():
    threading.Thread(target=time.sleep, args=(600,)).start()
    return [{"a": 1}]
`;
    const { value, lines } = await runCell(folder, { source, interpreter: python });
    expect(value).toMatchObject({ numRows: 1 });
    expect(lines).toEqual([
      `${FILE}: threads or processes that it left running were ended with it`,
    ]);
  }));

/** Python's own code gets no turn while this goes on. */
const BUSY = `re.match(r"(a+)+$", "a" * 60 + "b")`;

test.each([
  ["a cell that waits", "time.sleep(600)"],
  ["a cell that lets no other thread have a turn", BUSY],
])(
  "%s ends, and its folder is gone, when the process that started it is killed",
  async (_, body) => {
    await withFolder(async (folder) => {
      const source = `import re${STARTS}
@cached("a")
def made():
    told(os.getpid())
    ${body}
`;
      const built = await buildProgram(program);
      const parent = spawn(process.execPath, [built, folder, python, source]);
      let pid = 0;
      for await (const line of createInterface({ input: parent.stdout })) {
        pid = Number(line.split(" ")[1]);
        parent.kill("SIGKILL");
      }
      await vi.waitFor(() => expect(readProcess(pid)).toBeUndefined(), { timeout: 5_000 });
      // The next cell on this machine clears away what a killed process has left.
      const next = spawn(process.execPath, [built, folder, "no-such-python", ""]);
      await new Promise((resolve) => next.once("exit", resolve));
      const left = (await readdir(tmpdir())).filter((name) => name.includes(`-${parent.pid}-`));
      expect(left.filter((name) => name.startsWith("hex-python-"))).toEqual([]);
    });
  },
);
