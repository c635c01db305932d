import { execFile, spawnSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { hex } from "../cli/hex.ts";
import { shareProject } from "../cli/share-project.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const program = fileURLToPath(new URL("read_published.py", import.meta.url));

const CELLS = {
  "hex.config.json": JSON.stringify({ name: "Published", store: "file:store" }),
  "cells/01-day.ts": `
    import { dropdown } from "hex-runtime";
    export default dropdown({ label: "Day", options: ["mo", "tu"], default: "mo" });`,
  "cells/02-all.ts": `
    import { cached } from "hex-runtime";
    export default cached("kinds/all", () => [
      { s: "", n: -0, i: 2 ** 53 - 1, b: -(2n ** 63n), f: true, d: "1969-12-31", t: "2024-02-29T01:02:03.000001", at: new Date(0) },
      { s: null, n: null, i: null, b: null, f: null, d: null, t: null, at: null },
      { s: "a, \\"b\\"\\nü", n: Infinity, i: -1, b: 7n, f: false, d: "9999-12-31", t: "0001-01-01T00:00:00", at: new Date(-1) },
    ], { schema: { s: "string", n: "number", i: "integer", b: "bigint", f: "boolean", d: "date", t: "datetime", at: "instant" } });`,
  "cells/03-keyed.ts": `
    import { cached } from "hex-runtime";
    import day from "./01-day.ts";
    export default cached("keyed", { day }, ({ day }) => [{ day }], { key: ["day"] });`,
};

const project = shareProject(CELLS, async (directory) => {
  const argv = ["run", "--context", "logic", "--project", directory, "--quiet"];
  for (const input of [["--input", "day=tu"], []]) {
    const { exitCode, stderr } = await hex([...argv, ...input]);
    expect(exitCode, stderr).toBe(0);
  }
  return directory;
});

interface Answer {
  readonly kinds: Readonly<Record<string, string>>;
  readonly rows: readonly (readonly (string | null)[])[];
  readonly warnings: readonly string[];
  readonly error: string;
}

/** What Python's `hex_runtime.read` makes of each call. */
function read(
  python: string,
  calls: readonly object[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Answer[] {
  const { stdout, stderr } = spawnSync(python, [program], {
    cwd: options.cwd ?? root,
    env: { ...process.env, PYTHONPATH: join(root, "python"), ...options.env },
    input: JSON.stringify(calls),
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

const python = inject("python");

describe.skipIf(python === null)("hex_runtime.read in Python", () => {
  const interpreter = python ?? "";

  test("gives a frame with the types of its columns, in pandas, polars and pyarrow", async () => {
    const store = join(await project(), "store");
    const [pandas, polars, pyarrow] = read(
      interpreter,
      ["pandas", "polars", "pyarrow"].map((into) => ({ name: "kinds/all", store, into })),
    );
    expect(pandas?.kinds).toEqual({
      ...{ s: "str", n: "float64", i: "Int64", b: "Int64", f: "boolean" },
      ...{ d: "object", t: "datetime64[us]", at: "datetime64[us, UTC]" },
    });
    expect(Object.values(polars?.kinds ?? {})).toEqual([
      ...["String", "Float64", "Int64", "Int64", "Boolean", "Date"],
      ...["Datetime(time_unit='us', time_zone=None)", "Datetime(time_unit='us', time_zone='UTC')"],
    ]);
    expect(Object.values(pyarrow?.kinds ?? {})).toEqual([
      ...["string", "double", "int64", "int64", "bool", "date32[day]"],
      ...["timestamp[us]", "timestamp[us, tz=UTC]"],
    ]);
    const first = ["''", "-0.0", "9007199254740991", "-9223372036854775808", "True"];
    const last = ["'a, \"b\"\\nü'", "inf", "-1", "7", "False"];
    expect(polars?.rows).toEqual([
      [...first, "1969-12-31", "2024-02-29T01:02:03.000001", "1970-01-01T00:00:00+00:00"],
      Array(8).fill(null),
      [...last, "9999-12-31", "0001-01-01T00:00:00", "1969-12-31T23:59:59.999000+00:00"],
    ]);
    expect(pyarrow?.rows).toEqual(polars?.rows);
    const shown = pandas?.rows.map((row) => row.slice(1, 5));
    expect(shown).toEqual([first.slice(1), ["nan", null, null, null], last.slice(1)]);
    expect([pandas, polars, pyarrow].flatMap((each) => each?.warnings)).toEqual([]);
  });

  test("gives pandas the same without pyarrow, and refuses what it has no name for", async () => {
    const store = join(await project(), "store");
    const calls = [
      { name: "kinds/all", store },
      { name: "kinds/all", store, into: "numpy" },
    ];
    const [whole] = read(interpreter, calls);
    const [alone, refused] = read(interpreter, calls, { env: { HIDDEN: "pyarrow" } });
    expect([alone?.kinds, alone?.rows]).toEqual([whole?.kinds, whole?.rows]);
    expect(refused?.error).toBe(
      'Expected `into` to be "pandas", "polars" or "pyarrow", got \'numpy\'',
    );
  });

  test("gives a version by its number, and a variant by its inputs", async () => {
    const store = join(await project(), "store");
    const into = "polars";
    const [first, other, initial, never, none, gone] = read(interpreter, [
      { name: "kinds/all", store, into, version: 1 },
      { name: "keyed", store, into, inputs: { day: "tu" } },
      { name: "keyed", store, into },
      { name: "keyed", store, into, inputs: { day: "we" } },
      { name: "nothing", store, into },
      { name: "kinds/all", store, into, version: 9 },
    ]);
    expect(first?.rows).toHaveLength(3);
    expect([other?.rows, initial?.rows]).toEqual([[["'tu'"]], [["'mo'"]]]);
    expect(never?.error).toMatch(/, got none of them \(say inputs=\{"day": "(tu|mo)"\} or inputs=/);
    expect(none?.error).toMatch(
      /^Expected frame nothing in version 2 of .*, got none \(its frames/,
    );
    expect(gone?.error).toMatch(
      /^Expected version 9 in .*, got none \(versions 1 to 2 are kept\)$/,
    );
  });

  test("finds the store of the project in which Python runs", async () => {
    const cwd = join(await project(), "cells");
    const [configured] = read(interpreter, [{ name: "kinds/all" }], { cwd });
    const env = { HEX_STORE: "file:elsewhere" };
    const [elsewhere] = read(interpreter, [{ name: "kinds/all" }], { cwd, env });
    expect(configured?.rows).toHaveLength(3);
    expect(elsewhere?.error).toMatch(/^Expected a published version in .*elsewhere, got none/);
  });

  test("reads the CSV when the Arrow file is damaged, and nothing when both are", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hex-damaged-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const store = join(folder, "store");
    await cp(join(await project(), "store"), store, { recursive: true });
    const files = await readdir(store, { recursive: true });
    const damage = async (ending: string) => {
      for (const file of files.filter((each) => each.endsWith(`kinds/all${ending}`))) {
        const bytes = await readFile(join(store, file));
        bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
        await writeFile(join(store, file), bytes);
      }
    };
    const calls = ["pandas", "polars"].map((into) => ({ name: "kinds/all", store, into }));
    const whole = read(interpreter, calls);
    await damage(".arrow");
    const fromCsv = read(interpreter, calls);
    expect(fromCsv.map(({ kinds, rows }) => [kinds, rows])).toEqual(
      whole.map(({ kinds, rows }) => [kinds, rows]),
    );
    expect(fromCsv[0]?.warnings[0]).toMatch(/SHA-256 .* got another; its CSV is read instead$/);
    await damage(".csv");
    expect(read(interpreter, calls)[0]?.error).toMatch(
      /the SHA-256 that was published, got another/,
    );
  });

  test("is installed from the wheel of the package", async () => {
    const target = await mkdtemp(join(tmpdir(), "hex-wheel-"));
    onTestFinished(() => rm(target, { recursive: true, force: true }));
    const wheel = (await readdir(join(root, "python"))).find((name) => name.endsWith(".whl"));
    const install = ["-m", "pip", "install", "--quiet", "--no-index", "--target", target];
    await run(interpreter, [...install, join(root, "python", wheel ?? "")]);
    const store = join(await project(), "store");
    const code =
      "import hex_runtime, sys; print(hex_runtime.__file__, hex_runtime.frames(store=sys.argv[1]))";
    const { stdout } = await run(interpreter, ["-c", code, store], {
      env: { ...process.env, PYTHONPATH: target },
    });
    expect(stdout).toContain(`${target}/hex_runtime/__init__.py`);
    expect(stdout).toContain("'kinds/all'");
  });

  test.each(inject("s3Servers"))("reads from a bucket on $name", async (server) => {
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    const credentials = { accessKeyId, secretAccessKey };
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    const Bucket = `hex-python-${process.pid}`;
    await client.send(new CreateBucketCommand({ Bucket }));
    const store = {
      url: `s3://${Bucket}/team`,
      ...{ endpoint, region, accessKeyIdSecret: "KEY_ID", secretAccessKeySecret: "KEY_SECRET" },
    };
    const env = { KEY_ID: accessKeyId, KEY_SECRET: secretAccessKey };
    const directory = await mkdtemp(join(tmpdir(), "hex-python-s3-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await cp(join(await project(), "cells"), join(directory, "cells"), { recursive: true });
    const machines = server.conditionalWrites ? {} : { machines: "one" };
    const config = { name: "Published", store, secrets: Object.keys(env), ...machines };
    await writeFile(join(directory, "hex.config.json"), JSON.stringify(config));
    const argv = ["run", "--context", "logic", "--project", directory, "--quiet"];
    const { exitCode, stderr } = await hex(argv, { env });
    expect(exitCode, stderr).toBe(0);
    const [found, missing] = read(
      interpreter,
      [
        { name: "kinds/all", store },
        { name: "kinds/all", store: { ...store, url: `s3://${Bucket}/empty` } },
      ],
      { env },
    );
    expect(found?.rows).toHaveLength(3);
    expect(missing?.error).toMatch(/^Expected a published version in s3:.*\/empty, got none/);
  });
});
