import type { ProjectPlace } from "../project/project.ts";
import {
  type RunProcess,
  type RunProcessSpec,
  startRunProcess,
} from "../run/process/run-process.ts";

/**
 * Environment of a run process, besides the project's secrets and what its config
 * names: where programs, files and certificates are, the language and the zone, and the clouds' own
 * variables.
 */
const HANDED_ON =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|SystemRoot|HEX_STORE|HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS|AWS_\w+)$/;

/**
 * Starts a process for one run, or one part of a run, of a project.
 *
 * @param handedOn `whole` for a run that somebody starts in a terminal, which is theirs
 */
export function startProjectProcess(
  { directory, config, runtimeUrl }: ProjectPlace,
  environment: NodeJS.ProcessEnv,
  handedOn: "listed" | "whole" = "listed",
  priorities: Pick<RunProcessSpec, "priority" | "isBehindOthers"> = {},
): RunProcess {
  const { memoryBytes, environment: named } = config.runs;
  return startRunProcess({
    program: new URL("./run-child.js", runtimeUrl),
    limits: { memoryBytes },
    environment: toRunEnvironment(
      environment,
      (name) =>
        handedOn === "whole" ||
        HANDED_ON.test(name) ||
        named.includes(name) ||
        config.secrets.includes(name),
    ),
    directory,
    ...priorities,
  });
}

function toRunEnvironment(
  environment: NodeJS.ProcessEnv,
  isHandedOn: (name: string) => boolean,
): Readonly<Record<string, string>> {
  const entries = Object.entries(environment).flatMap(([name, value]): [string, string][] =>
    value !== undefined && isHandedOn(name) ? [[name, value]] : [],
  );
  return Object.fromEntries(entries);
}
