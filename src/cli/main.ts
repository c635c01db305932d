import { CommanderError } from "commander";
import { HexError } from "../errors.ts";
import { readOwnVersion } from "../source/own-version.ts";
import { EXIT_COMPLETED, toExitCode } from "./exit-code.ts";
import { toProgram } from "./program.ts";
import { say, warn } from "./terminal.ts";

export interface MainOptions {
  /** URL of the module that cells get when they import "hex-runtime" */
  readonly runtimeUrl: string;
}

/** Runs a command line and gives the exit code. */
export async function main(argv: readonly string[], options: MainOptions): Promise<number> {
  const ending = { exitCode: EXIT_COMPLETED };
  try {
    if (argv[0] === "--version" || argv[0] === "-V") {
      say(await readOwnVersion());
      return EXIT_COMPLETED;
    }
    const program = toProgram(options, ending);
    await program.parseAsync(argv, { from: "user" });
    return ending.exitCode;
  } catch (thrown) {
    return tell(toHexError(thrown), argv);
  }
}

/** A wrong command line is told like every other expected failure; anything else is a bug. */
function toHexError(thrown: unknown): unknown {
  if (!(thrown instanceof CommanderError)) return thrown;
  if (thrown.exitCode === 0 || thrown.code === "commander.help") return undefined;
  const got = thrown.message.replace(/^error: /, "");
  return new HexError(
    "HEX_USAGE",
    `Expected the command line to be one that \`hex --help\` lists, got ${got}`,
  );
}

function tell(thrown: unknown, argv: readonly string[]): number {
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
