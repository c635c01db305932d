import { spawnSync } from "node:child_process";

/** How to start a program in namespaces of its own; `undefined`, and said, where that is refused. */
export function inNamespaces(flags: readonly string[]): readonly string[] | undefined {
  // A user that is no root may do so only as the root of a namespace of users.
  for (const added of [[], ["--map-root-user"]]) {
    const command = ["unshare", ...added, ...flags];
    const [file = "", ...args] = [...command, "true"];
    if (spawnSync(file, args).status === 0) return command;
  }
  console.log(`Left out: unshare ${flags.join(" ")} is not allowed here`);
  return undefined;
}

/** A table of processes of its own, which is shown in /proc, and the first process in it a shell. */
export const inOwnTable = inNamespaces(["--pid", "--fork", "--mount-proc"]);

/** The arguments that run a program after `inOwnTable`, as a process that signals can end. */
export function underShell(args: readonly string[]): readonly string[] {
  return ["sh", "-c", '"$0" "$@"; exit 0', process.execPath, ...args];
}
