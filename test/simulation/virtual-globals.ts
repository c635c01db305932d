import crypto from "node:crypto";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import timers from "node:timers/promises";
import type { VirtualProcess, VirtualWorld } from "./virtual-world.ts";

/** A busy machine calls back late; looks that are meant to come ten times a second come seldom. */
const LATEST_TIMER_MS = 1_000;
const LATEST_LOOK_MS = 6_000;
const LOOK_MS = 100;

let world: VirtualWorld | undefined;

/** The world that goes on, and the process whose step it is. */
export function currentProcess(): { world: VirtualWorld; self: VirtualProcess } | undefined {
  const self = world?.current;
  return world === undefined || self === undefined ? undefined : { world, self };
}

/** Lets the steps of a world see its clocks, timers, random numbers and ids instead of the real ones. */
export function enterWorld(next: VirtualWorld | undefined): void {
  world = next;
}

/** A text that nobody else gets, of the process whose step it is. */
export function newId(self: VirtualProcess): string {
  const digits = Array.from({ length: 30 }, () => Math.floor(self.random() * 16).toString(16));
  const text = digits.join("");
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(12, 15)}-8${text.slice(15, 18)}-${text.slice(18)}`;
}

class VirtualDate extends Date {
  constructor(...args: readonly number[]) {
    super(...((args.length === 0 ? [VirtualDate.now()] : args) as [number]));
  }

  static override now(): number {
    const here = currentProcess();
    return here === undefined ? realNow() : here.world.timeOfDay(here.self.machine);
  }
}

const realNow = Date.now;

/** Puts them in place, once for the whole program: outside of steps they are the real ones. */
export function installVirtualGlobals(): void {
  const real = {
    steady: performance.now.bind(performance),
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    random: Math.random,
    randomUUID: crypto.randomUUID,
    wait: timers.setTimeout,
    hostname: os.hostname,
    watch: fs.watch,
    kill: process.kill.bind(process),
    pid: process.pid,
  };
  globalThis.Date = VirtualDate as unknown as DateConstructor;
  performance.now = () => {
    const here = currentProcess();
    return here === undefined ? real.steady() : here.world.steady(here.self.machine);
  };
  Math.random = () => currentProcess()?.self.random() ?? real.random();
  crypto.randomUUID = () => {
    const here = currentProcess();
    return here === undefined ? real.randomUUID() : (newId(here.self) as crypto.UUID);
  };
  const setVirtual = (act: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const here = currentProcess();
    return here === undefined
      ? real.setTimeout(act, ms, ...args)
      : new VirtualTimer(here, () => act(...args), ms);
  };
  globalThis.setTimeout = setVirtual as typeof setTimeout;
  globalThis.clearTimeout = ((timer: NodeJS.Timeout | VirtualTimer | undefined) =>
    timer instanceof VirtualTimer
      ? timer.clear()
      : real.clearTimeout(timer)) as typeof clearTimeout;
  timers.setTimeout = ((
    ms: number,
    value: unknown,
    options: { readonly signal?: AbortSignal } = {},
  ) => {
    const here = currentProcess();
    if (here === undefined) return real.wait(ms, value, options);
    return sleep(here, ms, options.signal).then(() => value);
  }) as typeof timers.setTimeout;
  os.hostname = () => currentProcess()?.self.machine.name ?? real.hostname();
  fs.watch = ((...args: Parameters<typeof fs.watch>) => {
    if (currentProcess() !== undefined) throw new Error("ENOSPC: no watches are left");
    return real.watch(...args);
  }) as typeof fs.watch;
  Object.defineProperty(process, "pid", { get: () => currentProcess()?.self.pid ?? real.pid });
  process.kill = (pid, signal) => {
    const here = currentProcess();
    if (here === undefined) return real.kill(pid, signal);
    const isThere = here.world.processes.some((each) => each.pid === pid && !each.isDead);
    if (!isThere) throw Object.assign(new Error("kill ESRCH"), { code: "ESRCH", syscall: "kill" });
    return true;
  };
  syncBuiltinESMExports();
}

class VirtualTimer {
  readonly clear: () => void;

  constructor(
    { world, self }: { world: VirtualWorld; self: VirtualProcess },
    act: () => void,
    ms: number,
  ) {
    const latestMs = ms <= LOOK_MS ? LATEST_LOOK_MS : LATEST_TIMER_MS;
    this.clear = world.timer(ms + self.random() * latestMs, self, act);
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** Waits on the steady clock of a process; rejects once aborted. */
export function sleep(
  { world, self }: { world: VirtualWorld; self: VirtualProcess },
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      stop();
      reject(signal?.reason);
    };
    const stop = world.timer(ms, self, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort);
  });
}
