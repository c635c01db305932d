import { CommanderError } from "commander";
import { HexError } from "../errors.ts";
import { readOwnVersion } from "../source/own-version.ts";
import { EXIT_COMPLETED, type MainOptions, toExitCode } from "./command.ts";
import { toProgram } from "./program.ts";
import { say, warn } from "./terminal.ts";

/** Runs a command line and gives the exit code. */
export async function main(argv: readonly string[], options: MainOptions): Promise<number> {
  let exitCode = EXIT_COMPLETED;
  try {
    if (argv[0] === "--version" || argv[0] === "-V") {
      say(await readOwnVersion());
      return EXIT_COMPLETED;
    }
    const program = toProgram(argv[0], options, (code) => {
      exitCode = code;
    });
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (thrown) {
    return report(toHexError(thrown), argv);
  }
}

/** Turns a wrong command line into an expected failure; `undefined` when help was asked for. */
function toHexError(thrown: unknown): unknown {
  if (!(thrown instanceof CommanderError)) return thrown;
  if (thrown.exitCode === 0 || thrown.code === "commander.help") return undefined;
  const got = thrown.message.replace(/^error: /, "");
  return new HexError(
    "HEX_USAGE",
    `Expected the command line to be one that \`hex --help\` lists, got ${got}`,
  );
}

/** Prints a failure and gives the exit code. Anything but a HexError is a bug of ours. */
function report(thrown: unknown, argv: readonly string[]): number {
  if (thrown === undefined) return EXIT_COMPLETED;
  if (thrown instanceof HexError) {
    const text = argv.includes("--debug") ? thrown.stack : `${thrown.message} [${thrown.code}]`;
    warn(text ?? thrown.message);
    return toExitCode(thrown.code);
  }
  const stack = thrown instanceof Error ? thrown.stack : String(thrown);
  warn(`Unexpected failure of hex-runtime itself; please report it.\n${stack}`);
  return 1;
}
