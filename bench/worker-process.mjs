import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Starts a program that works until it is told to stop, and waits for the line by which it says that
 * it takes work.
 */
export async function startWorkerProcess([program, ...argv], { readyLine, env = {} }) {
  const child = spawn(program, argv, { env: { ...process.env, ...env } });
  // Whatever ends the benchmark ends it, too.
  const endWithUs = () => child.kill("SIGKILL");
  process.once("exit", endWithUs);
  const closed = once(child, "close");
  const output = createInterface(child.stdout);
  const said = [];
  const readyAs = await new Promise((resolve, reject) => {
    const hear = (line) => {
      if (said.push(line) > 20) said.shift();
      if (readyLine.test(line)) resolve(line);
    };
    for (const lines of [output, createInterface(child.stderr)]) lines.on("line", hear);
    closed.then(() => reject(new Error(`${program} ${argv[0]} ended: ${said.join("\n")}`)));
  });
  return {
    pid: child.pid,
    readyAs,
    /** Tells it a line, and gives the one with which it answers. */
    async ask(line) {
      const answered = once(output, "line");
      child.stdin.write(`${line}\n`);
      const [answer] = await answered;
      return answer;
    },
    async stop(signal = "SIGTERM") {
      process.off("exit", endWithUs);
      child.kill(signal);
      await closed;
    },
  };
}

/** A `hex worker` of a project. */
export function startHexWorker(root, project) {
  const argv = ["node", `${root}dist/hex.js`, "worker", "--json", "--project", project];
  return startWorkerProcess(argv, { readyLine: /"worker-started"/ });
}
