import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Attack, expectHeld } from "../fixtures/attacks.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { hex } from "./hex.ts";

// Data, names, logs, errors and whatever others put into the store are printed; none of it may steer
// the terminal of whoever reads, nor pass for a line of ours.

const CLEAR = "\u001b[2J\u001b[H";
const TITLE = "\u001b]0;owned\u0007";
const C1 = "\u009b31m";
const BIDI = "\u202egpj.exe\u2066";
const FORGED = "FORGED: all is well";
const HOSTILE = `a${CLEAR}${TITLE}${C1}${BIDI}\u2028b\r${FORGED}`;
const quoted = JSON.stringify(HOSTILE);
const CELLS = {
  "cells/01-prose.md": `# ${HOSTILE.replaceAll("\r", "")}\n`,
  "cells/02-value.ts": `import { cell } from "hex-runtime";
export default cell(() => ${quoted}, { title: ${quoted} });`,
  "cells/03-json.ts": `import { cell } from "hex-runtime";
export default cell(() => ({ [${quoted}]: [${quoted}] }));`,
  "cells/04-rows.ts": `import { cell } from "hex-runtime";
export default cell(() => [{ [${quoted}]: ${quoted} }]);`,
  "cells/05-said.ts": `import { cell } from "hex-runtime";
export default cell(() => { console.log(${quoted}); process.stderr.write(${quoted} + "\\n"); return 1; });`,
  "cells/06-failing.ts": `import { cell } from "hex-runtime";
export default cell(() => { throw new Error(${quoted} + "\\n" + ${JSON.stringify(FORGED)}); });`,
};

/** What a terminal acts upon, but for ends of lines and tabs; and text that passes for a line of ours. */
function findFlaw({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) {
  const text = `${stdout}\n${stderr}`;
  const found = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.exec(text);
  if (found !== null) return `U+${found[0].codePointAt(0)?.toString(16).padStart(4, "0")}`;
  return text.split("\n").some((line) => line.startsWith("FORGED")) ? "a forged line" : "harmless";
}

test("nothing that others wrote acts on the terminal of whoever reads it", async () => {
  const { directory } = await makeProject({
    "hex.config.json": JSON.stringify({ name: HOSTILE.replaceAll("\r", "") }),
    ...CELLS,
  });
  const at = ["--project", directory];
  const attacks: Attack[] = [];
  const tryOut = async (what: string, argv: readonly string[]) => {
    const ended = await hex(argv);
    attacks.push([what, "harmless", findFlaw(ended)]);
    return ended;
  };
  const run = await tryOut("escapes in data, titles, logs and errors: hex run", ["run", ...at]);
  expect(run.stdout).toContain("\\u001b[2J");
  const json = await tryOut("the same: hex run --json", ["run", "--json", ...at]);
  expect(JSON.parse(json.stdout).cells[1].output.value).toBe(HOSTILE);
  await tryOut("the same: hex run --plan", ["run", "--plan", ...at]);
  const [runId = ""] = /[0-9a-f-]{36}/.exec((await hex(["runs", "list", ...at])).stdout) ?? [];
  await tamper(directory);
  await tryOut("a stored record says who asked in two lines: hex runs list", [
    "runs",
    "list",
    ...at,
  ]);
  const shown = await tryOut("the same: hex runs show", ["runs", "show", runId, ...at]);
  expect(shown.stdout).toContain("asked for by mallory\\n");
  await tryOut("escapes in a log: hex runs logs", ["runs", "logs", runId, ...at]);
  await tryOut("the same: hex runs logs --json", ["runs", "logs", runId, "--json", ...at]);
  await tryOut("a token's name", ["token", "create", HOSTILE, ...at]);
  await tryOut("a word that is no command", [`${HOSTILE}\n${FORGED}`]);
  await tryOut("a run id", ["runs", "show", HOSTILE, ...at]);
  await tryOut("an input's name and value", ["run", "--input", `${HOSTILE}=${HOSTILE}`, ...at]);
  expectHeld(attacks);
});

/** As somebody could who may write to the store. */
async function tamper(directory: string): Promise<void> {
  const history = join(directory, ".hex/store/.hex/history");
  for (const file of await readdir(history, { recursive: true })) {
    if (!file.endsWith("record.json")) continue;
    const record = JSON.parse(await readFile(join(history, file), "utf8"));
    const requestedBy = `mallory\n${FORGED}${CLEAR}`;
    await writeFile(join(history, file), JSON.stringify({ ...record, requestedBy }));
  }
}
