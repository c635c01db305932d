import { Command, Option } from "commander";
import { RUN_CONTEXTS } from "../cell/run-context.ts";
import type { MainOptions } from "./main.ts";

/** Where a command leaves the exit code. */
export interface Ending {
  exitCode: number;
}

/** The command line: what each command is called with, and which file answers it. */
export function toProgram(options: MainOptions, ending: Ending): Command {
  const program = new Command("hex")
    .description("Runs notebook-style data apps: compute once, answer from what was published.")
    .option("-V, --version", "print the version")
    .option("--debug", "show stacks of failures")
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(false);
  program
    .command("run")
    .description("run the project's cells once")
    .addOption(
      new Option("--context <context>", `why the cells run: ${RUN_CONTEXTS.join(", ")}`).default(
        "logic",
      ),
    )
    .option("--input <name=value>", "set an input; may be repeated", collect, [])
    .option("--project <dir>", "the project's folder", ".")
    .option("--json", "print the result as one JSON object")
    .option("--detach", "leave the run to a worker, and print its id at once")
    .option("--plan", "print what would be computed, read and pruned, and why; run nothing")
    .option("--quiet", "show no progress")
    .option("--changed", "compute only the heavy cells that hang on something that has changed")
    .option(
      "--overwrite <frame>",
      "publish a frame over a CSV of its name that no run has published; may be repeated",
      collect,
      [],
    )
    .option("--accept-schema", "publish also when columns are gone that cells below read")
    .option("--debug", "show stacks of failures")
    .exitOverride()
    .action(async (flags) => {
      const { run } = await import("./run.ts");
      ending.exitCode = await run(flags, options);
    });
  addVersionCommands(program, options, ending);
  addWorkerCommand(program, options, ending);
  addScheduleCommands(program, options, ending);
  addRunsCommands(program, options, ending);
  addDevCommand(program, options, ending);
  addServeCommand(program, options, ending);
  addExportCommand(program, options, ending);
  addTokenCommands(program, ending);
  return program;
}

function addVersionCommands(program: Command, options: MainOptions, ending: Ending): void {
  const command = commandsOf(program);
  command("versions", "list the published versions").action(async (flags) => {
    const { versions } = await import("./versions.ts");
    ending.exitCode = await versions(flags, options);
  });
  command("rollback", "publish an earlier version anew")
    .argument("<version>", "a number that `hex versions` lists")
    .action(async (version, flags) => {
      const { rollback } = await import("./versions.ts");
      ending.exitCode = await rollback(version, flags);
    });
  command("gc", "remove from the store what no kept version needs")
    .option("--dry-run", "only say what would be removed")
    .action(async (flags) => {
      const { gc } = await import("./versions.ts");
      ending.exitCode = await gc(flags);
    });
}

function addRunsCommands(program: Command, options: MainOptions, ending: Ending): void {
  const runs = program.command("runs").description("look at earlier runs").exitOverride();
  const command = commandsOf(runs);
  command("list", "list the runs, the newest first")
    .option("--context <context>", `only runs of a context: ${RUN_CONTEXTS.join(", ")}`)
    .option("--status <status>", "only runs that are queued, running, completed, failed, cancelled")
    .option("--limit <number>", "so many at most", "25")
    .option("--before <run>", "only runs before this one")
    .action(async (flags) => {
      const { list } = await import("./runs.ts");
      ending.exitCode = await list(flags);
    });
  command("show", "show what became of a run")
    .argument("<run>", "the id of a run, or its first 8 characters or more")
    .action(async (runId, flags) => {
      const { show } = await import("./runs.ts");
      ending.exitCode = await show(runId, flags);
    });
  command("cancel", "take back a run that waits, or stop one that goes")
    .argument("<run>", "the id of a run, or its first 8 characters or more")
    .action(async (runId, flags) => {
      const { cancel } = await import("./runs-cancel.ts");
      ending.exitCode = await cancel(runId, flags, options);
    });
  command("logs", "print the log of a run")
    .argument("<run>", "the id of a run, or its first 8 characters or more")
    .action(async (runId, flags) => {
      const { logs } = await import("./runs.ts");
      ending.exitCode = await logs(runId, flags);
    });
}

function addWorkerCommand(program: Command, options: MainOptions, ending: Ending): void {
  program
    .command("worker")
    .description("carry out the runs that wait in the queue, until it is told to stop")
    .option("--project <dir>", "the project's folder", ".")
    .option("--drain <duration>", "how long runs may go on once it is told to stop", "30s")
    .option("--no-schedules", "leave the schedules to other workers")
    .option("--metrics <address>", "serve metrics for Prometheus at [host:]port; host 127.0.0.1")
    .option("--json", "tell what happens as lines of JSON")
    .option("--debug", "show stacks of failures")
    .exitOverride()
    .action(async (flags) => {
      const { worker } = await import("./worker.ts");
      ending.exitCode = await worker(flags, options);
    });
}

function addScheduleCommands(program: Command, options: MainOptions, ending: Ending): void {
  const schedule = program
    .command("schedule")
    .description("look at the schedules of hex.config.json")
    .exitOverride();
  const command = commandsOf(schedule);
  command("list", "list the schedules and when each is due").action(async (flags) => {
    const { list } = await import("./schedule.ts");
    ending.exitCode = await list(flags);
  });
  command("next", "print when a schedule is due next")
    .argument("<name>", "the name of a schedule")
    .option("--count <number>", "so many instants", "5")
    .action(async (name, flags) => {
      const { next } = await import("./schedule.ts");
      ending.exitCode = await next(name, flags);
    });
  command("run", "file the run of a schedule now")
    .argument("<name>", "the name of a schedule")
    .action(async (name, flags) => {
      const { run } = await import("./schedule.ts");
      ending.exitCode = await run(name, flags, options);
    });
}

function addDevCommand(program: Command, options: MainOptions, ending: Ending): void {
  program
    .command("dev")
    .description("open the project as a live notebook: cells run again when their files change")
    .option("--port <number>", "the port to listen on; 0 takes any that is free (default: 8788)")
    .option("--project <dir>", "the project's folder", ".")
    .option("--debug", "show stacks of failures")
    .exitOverride()
    .action(async (flags) => {
      const { dev } = await import("./dev.ts");
      ending.exitCode = await dev(flags, options);
    });
}

function addServeCommand(program: Command, options: MainOptions, ending: Ending): void {
  program
    .command("serve")
    .description("serve the page and answer programs over HTTP, carry out runs and keep schedules")
    .option("--host <address>", "the address to listen on; others than 127.0.0.1 need tokens")
    .option("--port <number>", "the port to listen on; 0 takes any that is free")
    .option("--project <dir>", "the project's folder", ".")
    .option("--no-worker", "leave the runs to other workers")
    .option("--no-schedules", "leave the schedules to other workers")
    .option("--debug", "show stacks of failures")
    .exitOverride()
    .action(async (flags) => {
      const { serve } = await import("./serve.ts");
      ending.exitCode = await serve(flags, options);
    });
}

function addExportCommand(program: Command, options: MainOptions, ending: Ending): void {
  commandsOf(program)("export", "write the published page as one HTML file that needs no server")
    .option("--out <file>", "the file to write; by default the project's name with .html")
    .option("--input <name=value>", "set an input; may be repeated", collect, [])
    .option("--at <version>", "a version that `hex versions` lists; the newest unless told")
    .action(async (flags) => {
      const { exportToFile } = await import("./export.ts");
      ending.exitCode = await exportToFile(flags, options);
    });
}

function addTokenCommands(program: Command, ending: Ending): void {
  const token = program
    .command("token")
    .description("the tokens by which programs name themselves to `hex serve`")
    .exitOverride();
  const command = commandsOf(token);
  command("create", "make a token, and print it this once")
    .argument("<name>", "who will use it")
    .option("--scope <scope>", "read, run or admin; may be repeated; run unless told", collect, [])
    .option("--expires <duration>", "how long it is good for, such as 90d, or never", "90d")
    .action(async (name, flags) => {
      const { create } = await import("./token.ts");
      ending.exitCode = await create(name, flags);
    });
  command("list", "list the tokens").action(async (flags) => {
    const { list } = await import("./token.ts");
    ending.exitCode = await list(flags);
  });
  command("revoke", "end a token")
    .argument("<id>", "an id that `hex token list` lists")
    .action(async (id, flags) => {
      const { revoke } = await import("./token.ts");
      ending.exitCode = await revoke(id, flags);
    });
}

/** Adds commands to a parent, with the options that all of them have. */
function commandsOf(parent: Command): (name: string, description: string) => Command {
  return (name, description) =>
    parent
      .command(name)
      .description(description)
      .option("--project <dir>", "the project's folder", ".")
      .option("--json", "print the result as one JSON object")
      .option("--debug", "show stacks of failures")
      .exitOverride();
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
