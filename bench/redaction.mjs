import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { timeInTurn } from "./time-in-turn.mjs";

/** Runs that log 10 MB, by how they do it. */
const WAYS = {
  "log(), 100,000 lines of 100 signs": toCell(100_000, 100, "log(line)"),
  "log(), 2,000 lines of 5,000 signs": toCell(2_000, 5_000, "log(line)"),
  "console.log(), 100,000 lines of 100 signs": toCell(100_000, 100, "console.log(line)"),
};
const SMALLEST = { "log(), 100 lines of 100 signs": toCell(100, 100, "log(line)") };
/** At most so much more may a run take whose secrets are looked for in what it logs. */
const TARGET = 1.05;

/** Times runs that log 10 MB with no secret, with one, and with ten and a key of several lines. */
export async function printRedaction({ root, rounds, isSmall, record }) {
  const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
  console.log("Runs that log 10 MB, without and with secrets, in turn, medians\n");
  for (const [way, cell] of Object.entries(isSmall ? SMALLEST : WAYS)) {
    const commands = {};
    for (const [name, secrets] of Object.entries(SECRETS)) {
      const project = await writeProject(join(folder, name), { cell, secrets });
      commands[name] = [
        ...["node", `${root}dist/hex.js`, "run", "--context", "app", "--quiet"],
        ...["--project", project],
      ];
    }
    console.log(way);
    const figures = timeInTurn(commands, rounds);
    printFigures(figures);
    for (const [tool, { medianMs }] of figures) {
      record({ table: "Redaction", row: way, tool, wallMs: medianMs });
    }
  }
  await rm(folder, { recursive: true });
}

function toCell(lines, length, tell) {
  return `import { cell } from "hex-runtime";
export default cell((_, { log }) => {
  for (let number = 0; number < ${lines}; number++) {
    const start = "row " + number + " was read from https://example.com/api?page=" + number + " in 3 ms; ";
    const line = start.repeat(${Math.ceil(length / 50)}).slice(0, ${length});
    ${tell};
  }
  return ${lines};
});
`;
}

const TOKEN = "sk-Zx81hQ0aPq72LmN5vRt9KcYw3BdE6fGj";
const KEY_LINES = Array.from({ length: 24 }, (_, index) =>
  Buffer.from(`${TOKEN}${index}${TOKEN}`).toString("base64").slice(0, 64),
);
const KEY = ["-----BEGIN PRIVATE KEY-----", ...KEY_LINES, "-----END PRIVATE KEY-----"].join("\n");
const SECRETS = {
  "no secret": {},
  "one token": { TOKEN },
  "ten tokens and a key": {
    ...Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`TOKEN_${index}`, `${index}${TOKEN}${index}`]),
    ),
    KEY,
  },
};

async function writeProject(project, { cell, secrets }) {
  await mkdir(join(project, "cells"), { recursive: true });
  const config = { name: "Logs", secrets: Object.keys(secrets) };
  await writeFile(join(project, "hex.config.json"), JSON.stringify(config));
  await writeFile(join(project, "cells/01-logs.ts"), cell);
  const lines = Object.entries(secrets).map(([name, value]) => `${name}="${value}"\n`);
  await writeFile(join(project, ".env"), lines.join(""));
  return project;
}

function printFigures(figures) {
  const { medianMs: withoutMs } = figures.get("no secret");
  for (const [name, { medianMs, minMs, maxMs }] of figures) {
    const ratio = (medianMs / withoutMs).toFixed(3);
    const target = name === "no secret" ? "" : `${ratio} of it (target at most ${TARGET})`;
    const range = `${Math.round(minMs)} to ${Math.round(maxMs)}`;
    console.log(
      `  ${name.padEnd(24)}${`${Math.round(medianMs)} ms`.padStart(9)}  ${range.padEnd(16)}${target}`,
    );
  }
  console.log("");
}
