import { startRunProcess } from "../../../../src/run/process/run-process.ts";

/** Gives a process the task "family", tells its id once that asks, and never stops it. */
const [, , program = "", payload = ""] = process.argv;
const child = startRunProcess({
  program: new URL(program),
  limits: { memoryBytes: 2 ** 29 },
  environment: { PATH: process.env["PATH"] ?? "" },
  directory: ".",
});
const task = { kind: "family", payload };
const ending = child.run(task, {
  onLine: (_, line) => console.log(line),
  onCall: async () => console.log(`started ${child.pid}`),
});
console.log(await ending);
