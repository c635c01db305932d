import { Command, Option } from "commander";
import { RUN_CONTEXTS } from "../cell/run-context.ts";
import type { MainOptions } from "./command.ts";

const CONTEXTS = RUN_CONTEXTS.join(", ");
const RUN_ID = "run id, or at least its first 8 characters";
const AS_JSON = "print the result as one JSON object";

/** Carries out a command and gives the exit code. */
type Act = (...given: Parameters<Parameters<Command["action"]>[0]>) => Promise<number>;

/** Adds a command to a parent. Its code is loaded once it is called. */
type Add = (parent: Command, name: string, description: string, act: Act) => Command;

/** Adds commands that belong together. */
type AddCommands = (program: Command, add: Add, options: MainOptions) => void;

const COMMANDS: ReadonlyMap<string, AddCommands> = new Map([
  ["run", addRunCommand],
  ["versions", addVersionCommands],
  ["worker", addWorkerCommand],
  ["schedule", addScheduleCommands],
  ["runs", addRunsCommands],
  ["serve", addPageCommands],
  ["token", addTokenCommands],
]);

/**
 * The command line: name, flags and code of each command.
 *
 * @param asked the first word of a command line; unless it names one of them, all are there
 */
export function toProgram(
  asked: string | undefined,
  options: MainOptions,
  onExitCode: (exitCode: number) => void,
): Command {
  const program = new Command("hex")
    .description("Runs notebook-style data apps: compute once, answer from what was published.")
    .option("-V, --version", "print the version")
    .option("--debug", "print stack traces of failures")
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(false);
  const add: Add = (parent, name, description, act) =>
    parent
      .command(name)
      .description(description)
      .option("--project <dir>", "project folder", ".")
      .option("--debug", "print stack traces of failures")
      .exitOverride()
      .action(async (...given) => onExitCode(await act(...given)));
  const only = COMMANDS.get(asked ?? "");
  for (const addCommands of only ? [only] : COMMANDS.values()) addCommands(program, add, options);
  return program;
}

function addRunCommand(program: Command, add: Add, options: MainOptions): void {
  add(program, "run", "run the project's cells once", async (flags) =>
    (await import("./run.ts")).run(flags, options),
  )
    .addOption(new Option("--context <context>", `why the cells run: ${CONTEXTS}`).default("logic"))
    .option("--input <name=value>", "set an input; may be repeated", collect, [])
    .option("--json", AS_JSON)
    .option("--detach", "queue the run for a worker, and print its id")
    .option("--plan", "print which cells compute, are read or are pruned, and why; run nothing")
    .option("--quiet", "show no progress")
    .option("--changed", "compute only cached cells whose code, inputs or data have changed")
    .option(
      "--overwrite <frame>",
      "replace a CSV of this frame's name that no run has published; may be repeated",
      collect,
      [],
    )
    .option("--accept-schema", "publish even if columns that cells below read are gone");
}

function addVersionCommands(program: Command, add: Add, options: MainOptions): void {
  add(program, "versions", "list the published versions", async (flags) =>
    (await import("./versions.ts")).versions(flags, options),
  ).option("--json", AS_JSON);
  add(program, "rollback", "publish an earlier version again", async (version, flags) =>
    (await import("./versions.ts")).rollbackVersion(version, flags),
  )
    .argument("<version>", "version number, as `hex versions` lists it")
    .option("--json", AS_JSON);
  add(program, "gc", "delete old runs and objects that no kept version needs", async (flags) =>
    (await import("./versions.ts")).gc(flags),
  )
    .option("--json", AS_JSON)
    .option("--dry-run", "only print what would be deleted");
}

function addRunsCommands(program: Command, add: Add, options: MainOptions): void {
  const runs = program.command("runs").description("list, show and cancel runs").exitOverride();
  add(runs, "list", "list runs, newest first", async (flags) =>
    (await import("./runs.ts")).printRuns(flags),
  )
    .option("--json", AS_JSON)
    .option("--context <context>", `only runs in this context: ${CONTEXTS}`)
    .option("--status <status>", "only runs that are queued, running, completed, failed, cancelled")
    .option("--limit <number>", "maximum number of runs", "25")
    .option("--before <run>", "only runs before this run id");
  add(runs, "show", "show a run", async (runId, flags) =>
    (await import("./runs.ts")).show(runId, flags),
  )
    .argument("<run>", RUN_ID)
    .option("--json", AS_JSON);
  add(runs, "cancel", "cancel a queued or running run", async (runId, flags) =>
    (await import("./runs.ts")).cancel(runId, flags, options),
  )
    .argument("<run>", RUN_ID)
    .option("--json", AS_JSON);
  add(runs, "logs", "print the log of a run", async (runId, flags) =>
    (await import("./runs.ts")).logs(runId, flags),
  )
    .argument("<run>", RUN_ID)
    .option("--json", AS_JSON);
}

function addWorkerCommand(program: Command, add: Add, options: MainOptions): void {
  add(program, "worker", "carry out queued runs until stopped", async (flags) =>
    (await import("./worker.ts")).worker(flags, options),
  )
    .option("--drain <duration>", "how long runs may go on after a request to stop", "30s")
    .option("--no-schedules", "do not run schedules")
    .option("--metrics <address>", "serve Prometheus metrics at [host:]port; host 127.0.0.1")
    .option("--json", "log events as lines of JSON");
}

function addScheduleCommands(program: Command, add: Add, options: MainOptions): void {
  const schedule = program
    .command("schedule")
    .description("list and run the schedules of hex.config.json")
    .exitOverride();
  add(schedule, "list", "list schedules with their next due times", async (flags) =>
    (await import("./schedule.ts")).printSchedules(flags),
  ).option("--json", AS_JSON);
  add(schedule, "next", "print the next due times of a schedule", async (name, flags) =>
    (await import("./schedule.ts")).next(name, flags),
  )
    .argument("<name>", "name of a schedule")
    .option("--json", AS_JSON)
    .option("--count <number>", "number of times", "5");
  add(schedule, "run", "queue the run of a schedule now", async (name, flags) =>
    (await import("./schedule.ts")).runSchedule(name, flags, options),
  )
    .argument("<name>", "name of a schedule")
    .option("--json", AS_JSON);
}

function addPageCommands(program: Command, add: Add, options: MainOptions): void {
  const notebook = "open the project as a live notebook: cells rerun when their files change";
  add(program, "dev", notebook, async (flags) =>
    (await import("./dev.ts")).dev(flags, options),
  ).option("--port <number>", "port to listen on; 0 picks a free one (default: 8788)");
  const server = "serve the page and the API, carry out runs and run schedules";
  add(program, "serve", server, async (flags) => (await import("./serve.ts")).serve(flags, options))
    .option("--host <address>", "address to listen on; others than 127.0.0.1 need tokens")
    .option("--port <number>", "port to listen on; 0 picks a free one")
    .option("--no-worker", "do not carry out runs")
    .option("--no-schedules", "do not run schedules");
  const exported = "write the published page as one HTML file that needs no server";
  add(program, "export", exported, async (flags) =>
    (await import("./export.ts")).exportToFile(flags, options),
  )
    .option("--json", AS_JSON)
    .option("--out <file>", "file to write (default: the project's name with .html)")
    .option("--input <name=value>", "set an input; may be repeated", collect, [])
    .option("--at <version>", "version number, as `hex versions` lists it (default: the newest)");
}

function addTokenCommands(program: Command, add: Add): void {
  const token = program
    .command("token")
    .description("create, list and revoke access tokens of `hex serve`")
    .exitOverride();
  add(token, "create", "create a token, and print it once", async (name, flags) =>
    (await import("./token.ts")).create(name, flags),
  )
    .argument("<name>", "who uses it")
    .option("--json", AS_JSON)
    .option("--scope <scope>", "read, run or admin; may be repeated (default: run)", collect, [])
    .option("--expires <duration>", "lifetime such as 90d, or never", "90d");
  add(token, "list", "list the tokens", async (flags) =>
    (await import("./token.ts")).printTokens(flags),
  ).option("--json", AS_JSON);
  add(token, "revoke", "revoke a token", async (id, flags) =>
    (await import("./token.ts")).revoke(id, flags),
  )
    .argument("<id>", "token id, as `hex token list` lists it")
    .option("--json", AS_JSON);
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
