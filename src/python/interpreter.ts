import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { expectation, type HexError } from "../errors.ts";
import { Program } from "../process/program.ts";
import { shorten } from "../text.ts";

/** The Python that carries out a cell. */
export interface Interpreter {
  /** a path, or a name that is looked for on the PATH */
  readonly command: string;
  /** where it was named, as messages say it */
  readonly source: string;
  /** what was looked for, in order */
  readonly tried: readonly string[];
}

export interface InterpreterSpec {
  /** the cell's file below the project's folder */
  readonly file: string;
  /** absolute */
  readonly projectDirectory: string;
  /** `python` of the config */
  readonly interpreter: string | undefined;
}

interface Surroundings {
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

const isWindows = process.platform === "win32";
const IN_VENV = isWindows ? ".venv/Scripts/python.exe" : ".venv/bin/python";
const ON_PATH = isWindows ? "python" : "python3";

/**
 * The Python for a cell: of its inline script metadata where uv is installed, else the config's, else
 * the project's `.venv`, else `python3`.
 * @throws {HexError} HEX_CELL_FAILED when uv cannot make what the metadata asks for, or the `.venv` is broken
 */
export async function findInterpreter(
  spec: InterpreterSpec,
  around: Surroundings,
): Promise<Interpreter> {
  const { projectDirectory, interpreter } = spec;
  const ofScript = (await hasScriptMetadata(spec)) && (await findByUv(spec, around));
  if (ofScript) return ofScript;
  if (interpreter !== undefined) {
    const isPath = /[\\/]/.test(interpreter);
    const command = isPath ? resolve(projectDirectory, interpreter) : interpreter;
    return { command, source: "`python` of hex.config.json", tried: [interpreter] };
  }
  if (await isThere(join(projectDirectory, ".venv"))) {
    const command = join(projectDirectory, IN_VENV);
    if (await isThere(command)) return { command, source: "the project's .venv", tried: [IN_VENV] };
    throw brokenVenv();
  }
  return { command: ON_PATH, source: "the PATH", tried: [IN_VENV, ON_PATH] };
}

function brokenVenv(): HexError {
  return expectation("HEX_CELL_FAILED", {
    place: IN_VENV,
    expected: "the project's Python",
    got: "nothing, or a link to a Python that is gone",
    hint: `make it anew: ${ON_PATH} -m venv --clear .venv`,
  });
}

async function isThere(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** Inline script metadata begins with this line: packaging.python.org, "Inline script metadata". */
const METADATA = /^# \/\/\/ script\s*$/m;

async function hasScriptMetadata({ projectDirectory, file }: InterpreterSpec): Promise<boolean> {
  const source = await readFile(join(projectDirectory, file), "utf8").catch(() => "");
  return METADATA.test(source);
}

/** The Python of an environment that uv makes for the script; undefined where there is no uv. */
async function findByUv(
  { projectDirectory, file }: InterpreterSpec,
  { log, signal }: Surroundings,
): Promise<Interpreter | undefined> {
  const uv = (args: readonly string[]) => runUv(args, { projectDirectory, file, signal });
  const made = await uv(["sync", "--quiet", "--script", file]);
  if (made === undefined) {
    log(`${file}: its inline script metadata is not heeded, since that takes uv on the PATH`);
    return undefined;
  }
  const command = ((await uv(["python", "find", "--script", file])) ?? "").trim();
  return { command, source: "the inline script metadata, by uv", tried: [command] };
}

interface UvCall {
  readonly projectDirectory: string;
  readonly file: string;
  readonly signal: AbortSignal;
}

async function runUv(
  args: readonly string[],
  { projectDirectory, file, signal }: UvCall,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const program = new Program({
    command: ["uv", ...args],
    directory: projectDirectory,
    environment: process.env,
  });
  const stop = () => void program.kill();
  signal.addEventListener("abort", stop);
  const [made, said, { exitCode, refusal }] = await Promise.all([
    program.stdout ? text(program.stdout) : "",
    program.stderr ? text(program.stderr) : "",
    program.ended,
  ]);
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  if (refusal !== undefined) return undefined;
  if (exitCode === 0) return made;
  throw expectation("HEX_CELL_FAILED", {
    place: `the inline script metadata of ${file}`,
    expected: "an environment that uv can make",
    got: `\`uv ${args.join(" ")}\` ended with ${exitCode}: ${shorten(said.replaceAll(/\s+/g, " ").trim(), 600)}`,
  });
}
