import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

/** A small house without a fault: one file a room, all of them reached by an entry. */
const SOUND: Readonly<Record<string, string>> = {
  "src/errors.ts": "export const code = 1;",
  "src/frame/frame.ts": 'import { code } from "../errors.ts";\nexport const frame = code;',
  "src/cell/cell.ts": 'import { frame } from "../frame/frame.ts";\nexport const cell = frame;',
  "src/index.ts": 'export { cell } from "./cell/cell.ts";',
  "src/client/client.ts": "export const client = 1;",
  "src/start/load.ts": "export const load = 1;",
  "src/kernel/run-child.ts": 'import "../cell/cell.ts";',
  "src/page/browser/start.ts": 'import "../../cell/cell.ts";',
  "src/page/browser/exported.tsx": 'import "../../cell/cell.ts";',
  "test/helper.ts": "export const helper = 1;",
};

interface Fault {
  readonly rule: string;
  readonly file: string;
  readonly text: string;
}

const importing = (rule: string, file: string, target: string): Fault => ({
  rule,
  file: `src/${file}`,
  text: `import "${target}";`,
});

/** Each rule of `.dependency-cruiser.mjs` once or more, broken by a file that is there for nothing else. */
const FAULTS: readonly Fault[] = [
  importing("frame-imports-leftwards", "frame/a.ts", "../cell/cell.ts"),
  importing("cell-imports-leftwards", "cell/a.ts", "../source/a.ts"),
  importing("process-imports-leftwards", "process/a.ts", "../data/a.ts"),
  importing("data-imports-leftwards", "data/a.ts", "../python/a.ts"),
  importing("python-imports-leftwards", "python/a.ts", "../source/a.ts"),
  importing("source-imports-leftwards", "source/a.ts", "../store/a.ts"),
  importing("store-imports-leftwards", "store/a.ts", "../queue/a.ts"),
  importing("queue-imports-leftwards", "queue/a.ts", "../run/a.ts"),
  importing("schedule-imports-leftwards", "schedule/a.ts", "../run/a.ts"),
  importing("run-imports-leftwards", "run/a.ts", "../project/a.ts"),
  importing("project-imports-leftwards", "project/a.ts", "../work/a.ts"),
  importing("work-imports-leftwards", "work/a.ts", "../kernel/run-child.ts"),
  importing("kernel-imports-leftwards", "kernel/a.ts", "../page/a.ts"),
  importing("page-imports-leftwards", "page/a.ts", "../server/a.ts"),
  importing("server-imports-leftwards", "server/a.ts", "../cli/hex.ts"),
  importing("cli-imports-leftwards", "cli/hex.ts", "../index.ts"),
  importing("root-imports-nothing", "errors.ts", "./frame/frame.ts"),
  importing("client-stands-alone", "client/a.ts", "../errors.ts"),
  importing("nobody-knows-the-client", "server/b.ts", "../client/client.ts"),
  importing("start-stands-alone", "start/a.ts", "../errors.ts"),
  importing("nobody-knows-the-start", "server/d.ts", "../start/load.ts"),
  importing("browser-code-is-pure", "page/browser/a.ts", "../../store/a.ts"),
  importing("browser-code-stays-there", "server/c.ts", "../page/browser/a.ts"),
  {
    rule: "no-loops",
    file: "src/run/loop-a.ts",
    text: 'import type { B } from "./loop-b.ts";\nexport type A = B;\nexport const a = 1;',
  },
  importing("only-these-touch-the-disk", "schedule/disk.ts", "node:fs"),
  importing("only-these-touch-the-disk", "run/disk.ts", "node:fs/promises"),
  importing("only-these-touch-the-disk", "frame/disk.ts", "node:os"),
  importing("only-these-touch-the-disk", "page/browser/disk.ts", "fs"),
  importing("only-these-use-the-network", "schedule/net.ts", "node:http"),
  importing("only-these-use-the-network", "store/net.ts", "node:net"),
  importing("only-this-starts-processes", "work/start.ts", "node:child_process"),
  importing("only-this-starts-processes", "frame/start.ts", "node:worker_threads"),
  importing("one-door-to-duckdb", "frame/duck.ts", "@duckdb/node-api"),
  importing("one-door-to-s3", "store/s3.ts", "@aws-sdk/client-s3"),
  importing("one-door-to-redis", "queue/redis.ts", "ioredis"),
  importing("one-door-to-postgres", "store/pg.ts", "pg"),
  importing("one-door-to-sqlite", "queue/sqlite.ts", "libsql"),
  importing("one-door-to-the-python-parser", "cell/python.ts", "@lezer/python"),
  importing("not-to-test", "cell/b.ts", "../../test/helper.ts"),
  { rule: "not-unreachable", file: "src/cell/orphan.ts", text: "export const orphan = 1;" },
  importing("resolvable", "cell/c.ts", "./missing.ts"),
];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

let house: string;

async function writeHouse(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(house, file)), { recursive: true });
    await writeFile(join(house, file), `${text}\n`);
  }
}

/** Runs a tool of this package in the planted house; its exit code counts for nothing. */
async function runTool(tool: string, args: readonly string[]): Promise<string> {
  const options = { cwd: house, maxBuffer: 1e8 };
  return run(join(root, "node_modules/.bin", tool), args, options).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
}

async function findViolations(): Promise<Violation[]> {
  const text = await runTool("depcruise", [
    ...["src", "--config", join(root, ".dependency-cruiser.mjs")],
    ...["--output-type", "json"],
  ]);
  return JSON.parse(text).summary.violations;
}

beforeAll(async () => {
  house = await mkdtemp(join(tmpdir(), "hex-house-"));
  await symlink(join(root, "node_modules"), join(house, "node_modules"));
  for (const file of ["tsconfig.json", "package.json", "knip.json"]) {
    await cp(join(root, file), join(house, file));
  }
});

afterAll(() => rm(house, { recursive: true }));

describe("the rules of the rooms", () => {
  test("find nothing in a house without a fault", async () => {
    await writeHouse(SOUND);
    await writeHouse({ "src/cli/hex.ts": 'import "../cell/cell.ts";' });
    expect(await findViolations()).toEqual([]);
  });

  test("refuse each planted fault, at its file and by its own name", async () => {
    await writeHouse(SOUND);
    // A planted file stands for a room where others point at it, so each has one.
    const rooms = ["source", "store", "queue", "run", "project", "work", "page", "server"];
    await writeHouse(Object.fromEntries(rooms.map((room) => [`src/${room}/a.ts`, ""])));
    await writeHouse({
      "src/run/loop-b.ts": 'import { a } from "./loop-a.ts";\nexport type B = typeof a;',
    });
    await writeHouse(Object.fromEntries(FAULTS.map(({ file, text }) => [file, text])));
    const found = (await findViolations()).map(({ from, rule }) => `${rule.name}: ${from}`);
    for (const { rule, file } of FAULTS) expect(found).toContain(`${rule}: ${file}`);
  });

  test("have a planted fault each", async () => {
    const { default: config } = await import(join(root, ".dependency-cruiser.mjs"));
    const names = (config.forbidden as { name: string }[]).map(({ name }) => name);
    expect(new Set(FAULTS.map(({ rule }) => rule))).toEqual(new Set(names));
  });
});

test("an export that only tests use is refused", async () => {
  await writeHouse({
    "src/cli/hex.ts": 'import { used } from "../cell/two.ts";\nused();',
    "src/cell/two.ts": "export function used() {}\nexport function onlyTested() {}",
    "test/two.test.ts": 'import { onlyTested } from "../src/cell/two.ts";\nonlyTested();',
  });
  const found = await runTool("knip", ["--production", "--include", "exports"]);
  expect(found).toContain("onlyTested");
  expect(found).not.toMatch(/^used /m);
});
