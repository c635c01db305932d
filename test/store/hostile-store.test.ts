import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { HexError } from "../../src/errors.ts";
import { openOwnArrow } from "../../src/frame/arrow/arrow-file.ts";
import { frameToArrow } from "../../src/frame/arrow/arrow-write.ts";
import { parseOwnCsv } from "../../src/frame/csv/read/csv-own.ts";
import { frame } from "../../src/frame/rows.ts";
import { createToken, listTokens } from "../../src/project/tokens.ts";
import { openRunHistory } from "../../src/run/history/run-history.ts";
import { parseLog } from "../../src/run/history/run-log.ts";
import { parseSavedOutputs } from "../../src/run/saved-outputs.ts";
import { readTick } from "../../src/schedule/tick.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { HISTORY_PREFIX, MANIFEST_KEY, TOKENS_PREFIX, tickKey } from "../../src/store/key.ts";
import { LEASE_KEY, leaseRecords } from "../../src/store/lease/lease-terms.ts";
import { publish } from "../../src/store/publication.ts";
import { openVersion } from "../../src/store/version.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { type Attack, expectHeld } from "../fixtures/attacks.ts";
import { publication } from "./published-frames.ts";

// What somebody may put into a store who can write to it: what is expected of whoever reads it, and
// what they get. Nothing here may end a process, or be taken for data.

const DEEP = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const INSTANT_MS = Date.UTC(2026, 0, 31, 12);
const RUN_ID = "01a22a7f-b7ae-72b8-a550-79dcb463230a";

/** Contents that are none of ours, as text; `format` is what each of our objects begins with. */
const CONTENTS: Readonly<Record<string, string>> = {
  nothing: "",
  "no JSON": "{",
  null: "null",
  "a list": "[1,2,3]",
  "a text": '"manifest"',
  "100,000 levels": DEEP,
  "100,000 levels below a key that is ours": `{"format":1,"commits":${DEEP},"holder":${DEEP},"runId":${DEEP},"schedule":${DEEP},"cells":${DEEP},"id":${DEEP},"at":${DEEP}}`,
  "a newer format": '{"format":9007199254740991}',
  "a prototype": '{"__proto__":{"format":1},"constructor":{"prototype":{"polluted":1}}}',
  "numbers beyond all": '{"format":1e999,"commits":-1e999}',
};

const bytes = (text: string) => new TextEncoder().encode(text);

/** What reading came to, in a word: an expected failure, or what was made of it. */
async function outcomeOf(read: () => unknown): Promise<string> {
  try {
    return JSON.stringify(await read()) ?? "nothing";
  } catch (thrown) {
    return thrown instanceof HexError ? thrown.code : `bug: ${String(thrown).slice(0, 80)}`;
  }
}

/** Readers of all that a store keeps, each with what it may come to. */
const READERS: Readonly<Record<string, readonly [allowed: RegExp, (text: string) => unknown]>> = {
  manifest: [
    /^HEX_STORE_DAMAGED$/,
    async (text) => {
      const store = new MemoryStore();
      await store.write(MANIFEST_KEY, bytes(text));
      return (await openVersion(store)).number;
    },
  ],
  lease: [
    /^HEX_STORE_DAMAGED$/,
    (text) => leaseRecords.parse(bytes(text), { key: LEASE_KEY, location: "here" }),
  ],
  tick: [
    /^HEX_(STORE_DAMAGED|DATA_INVALID)$/,
    async (text) => {
      const store = new MemoryStore();
      await store.write(tickKey("daily", INSTANT_MS), bytes(text));
      return readTick(store, { schedule: "daily" }, INSTANT_MS);
    },
  ],
  "run record": [
    /^HEX_STORE_DAMAGED$/,
    async (text) => {
      const store = new MemoryStore();
      const day = new Date(Number.parseInt(RUN_ID.replaceAll("-", "").slice(0, 12), 16));
      await store.write(
        `${HISTORY_PREFIX}${day.toISOString().slice(0, 10)}/${RUN_ID}/record.json`,
        bytes(text),
      );
      return openRunHistory(store).read(RUN_ID);
    },
  ],
  log: [
    /^(HEX_STORE_DAMAGED|\[\])$/,
    (text) => parseLog(bytes(`${text}\n`), { key: "log", location: "here" }),
  ],
  "saved outputs": [/^nothing$/, (text) => parseSavedOutputs(bytes(text))],
  // One that is damaged is told, lets nobody in, and does not keep the others out.
  token: [
    /^\[1,1\]$/,
    async (text) => {
      const store = new MemoryStore();
      await createToken(store, { name: "good", scopes: ["read"], expiresAtMs: null });
      await store.write(`${TOKENS_PREFIX}11111111-1111-4111-8111-111111111111.json`, bytes(text));
      const { tokens, warnings } = await listTokens(store);
      return [tokens.length, warnings.length];
    },
  ],
};

test("whatever lies where an object of ours should be, is told as damage", async () => {
  const attacks: Attack[] = [];
  for (const [what, [allowed, read]] of Object.entries(READERS)) {
    for (const [content, text] of Object.entries(CONTENTS)) {
      const got = await outcomeOf(() => read(text));
      attacks.push([`${content} as a ${what}`, allowed.test(got) ? got : allowed.source, got]);
    }
  }
  expectHeld(attacks);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("a manifest that points elsewhere, or tells of more than there is, is not believed", async () => {
  const rows = frame([{ name: "a", value: 1 }]);
  const tell = async (change: (text: string) => string) => {
    const store = new MemoryStore();
    await publish(store, publication({ planets: rows }));
    const { body } = (await store.read(MANIFEST_KEY)) ?? { body: bytes("") };
    await store.write(MANIFEST_KEY, bytes(change(new TextDecoder().decode(body))));
    const read = async () => (await (await openVersion(store)).readFrame("planets"))?.frame.numRows;
    return outcomeOf(read);
  };
  const damaged = "HEX_STORE_DAMAGED";
  expectHeld([
    [
      "a file whose key climbs",
      damaged,
      await tell((text) =>
        text.replaceAll(/"key": "[^"]+csv"/g, '"key": ".hex/runs/../../secret"'),
      ),
    ],
    [
      "a file that is a token",
      damaged,
      await tell((text) => text.replaceAll(/"key": "[^"]+csv"/g, '"key": ".hex/tokens/a.json"')),
    ],
    [
      "a frame named __proto__",
      // It is none; the CSV of that name is then read as another tool's, which is told.
      "1",
      await tell((text) => text.replaceAll('"planets": {', '"__proto__": {')),
    ],
    [
      "a frame whose name climbs",
      damaged,
      await tell((text) => text.replaceAll('"planets": {', '"../planets": {')),
    ],
    [
      "10^15 rows",
      "HEX_DATA_INVALID",
      await tell((text) => text.replaceAll(/"rows": 1\b/g, '"rows": 1000000000000000')),
    ],
    [
      "a file of 10^15 bytes",
      "HEX_DATA_INVALID",
      await tell((text) => text.replaceAll(/"sizeBytes": \d+/g, '"sizeBytes": 1000000000000000')),
    ],
    [
      "a negative number of rows",
      damaged,
      await tell((text) => text.replaceAll(/"rows": 1\b/g, '"rows": -1')),
    ],
    [
      "another digest of the same length",
      damaged,
      await tell((text) =>
        text.replaceAll(/"sha256": "[0-9a-f]{64}"/g, `"sha256": "${"0".repeat(64)}"`),
      ),
    ],
    [
      "a column twice",
      damaged,
      await tell((text) => text.replaceAll('"name": "value"', '"name": "name"')),
    ],
  ]);
});

test("an Arrow file or a CSV that is not what it says is refused, whole or in part", async () => {
  const rows = frame(Array.from({ length: 40 }, (_, row) => ({ text: `row ${row}`, value: row })));
  const whole = frameToArrow(rows);
  const read = (file: Uint8Array) => outcomeOf(() => openOwnArrow(file, rows.schema));
  const attacks: Attack[] = [];
  const refused = async (what: string, got: Promise<string>) =>
    attacks.push([what, "HEX_DATA_INVALID", await got]);
  await refused("an Arrow file of nothing", read(new Uint8Array()));
  await refused("an Arrow file that is text", read(bytes("ARROW1\0\0".repeat(100))));
  for (const part of [8, 40, 200, whole.length / 2, whole.length - 9]) {
    await refused(`an Arrow file cut at ${Math.floor(part)} bytes`, read(whole.slice(0, part)));
  }
  await refused(
    "an Arrow file of other columns",
    outcomeOf(() => openOwnArrow(whole, frame([{ other: 1 }]).schema)),
  );
  const csv = (text: string) =>
    outcomeOf(async () => (await parseOwnCsv(bytes(text), rows.schema)).numRows);
  await refused("a CSV of other columns", csv('"other"\n1\n'));
  await refused("a CSV whose quotes never end", csv(`"text","value"\n"${"a".repeat(1_000)}`));
  await refused("a CSV with a field too many", csv('"text","value"\n"a",1,2\n'));
  await refused("a CSV with a formula for a number", csv('"text","value"\n"a",=1+1\n'));
  await refused(
    "a CSV that is not in UTF-8",
    outcomeOf(
      async () =>
        (await parseOwnCsv(Buffer.from('"text","value"\n"\xff",1\n', "latin1"), rows.schema))
          .numRows,
    ),
  );
  expectHeld(attacks);
});

/** A directory store beside something that is not its business. */
async function attacked() {
  const base = await mkdtemp(join(tmpdir(), "hex-hostile-"));
  onTestFinished(() => rm(base, { recursive: true, force: true }));
  const [root, outside] = [join(base, "store"), join(base, "outside")];
  await mkdir(root);
  await mkdir(join(outside, "runs"), { recursive: true });
  await writeFile(join(outside, "secret.json"), "secret");
  return { store: new DirectoryStore(root), root, outside };
}

test("links that lead out of a directory store are neither read nor written through", async () => {
  const rows = frame([{ a: 1 }]);
  const attacks: Attack[] = [];
  const isUntouched = async (outside: string) =>
    (await readFile(join(outside, "secret.json"), "utf8")) === "secret" &&
    (await readdir(join(outside, "runs"))).length === 0;
  const tryOut = async (
    what: string,
    expected: RegExp,
    link: (root: string, outside: string) => Promise<unknown>,
  ) => {
    const { store, root, outside } = await attacked();
    await mkdir(join(root, ".hex"), { recursive: true });
    await link(root, outside);
    const published = async () => publish(store, publication({ planets: rows })).then(() => 1);
    const got = await outcomeOf(published);
    attacks.push([
      what,
      `${expected.test(got) ? got : expected.source}, nothing outside`,
      `${got}, ${(await isUntouched(outside)) ? "nothing outside" : "outside"}`,
    ]);
  };
  await tryOut("the manifest is a link", /^HEX_STORE_DAMAGED$/, (root, outside) =>
    symlink(join(outside, "secret.json"), join(root, MANIFEST_KEY)),
  );
  await tryOut("the folder of runs is a link", /^HEX_STORE_DAMAGED$/, (root, outside) =>
    symlink(join(outside, "runs"), join(root, ".hex/runs")),
  );
  await tryOut("the lock of the manifest is a link", /^(1|HEX_STORE_\w+)$/, (root, outside) =>
    symlink(join(outside, "runs"), join(root, ".hex/.hex-tmp-lock-manifest.json")),
  );
  await tryOut("the copy for others is a link", /^HEX_STORE_DAMAGED$/, (root, outside) =>
    symlink(join(outside, "secret.json"), join(root, "planets.csv")),
  );
  await tryOut("the manifest is a folder", /^HEX_STORE_UNAVAILABLE$/, (root) =>
    mkdir(join(root, MANIFEST_KEY)),
  );
  expectHeld(attacks);
});

test("what a store writes is no wider open than the user wants, and what is shut stays shut", async () => {
  const { store, root } = await attacked();
  const umask = process.umask(0o077);
  onTestFinished(() => void process.umask(umask));
  await publish(store, publication({ planets: frame([{ a: 1 }]) }));
  await createToken(store, { name: "mine", scopes: ["read"], expiresAtMs: null });
  const modes = new Set<string>();
  for (const name of await readdir(root, { recursive: true })) {
    modes.add(((await stat(join(root, name))).mode & 0o077).toString(8));
  }
  expectHeld([["files and folders under a umask of 077", "0", [...modes].sort().join()]]);
});
