import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { request as askServer, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { listTokens, revokeToken } from "../../src/project/tokens.ts";
import type { Store } from "../../src/store/store.ts";
import { openProjectRuns } from "../../src/work/project-runs.ts";
import {
  ACCESS,
  deleteAll,
  makeBucket,
  makePlace,
  makeToken,
  open,
  PLAIN,
  type Place,
  readOnly,
  readText,
  runtimeUrl,
  through,
  toOutside,
  toS3,
} from "./restarted-server.ts";
import { RUNS } from "./served-project.ts";

const LOOK_MS = 6_000;
const LONG_MS = 60_000;

describe.each([
  ["moved away", ({ outside }: Place) => rename(outside, `${outside}-away`)],
  [
    "an empty folder, as a mount point without its disk is",
    async ({ outside }: Place) => {
      await rename(outside, `${outside}-away`);
      await mkdir(outside);
    },
  ],
  [
    "a folder without its objects",
    async ({ outside }: Place) => {
      await rename(join(outside, ".hex"), `${outside}-away`);
    },
  ],
])("with a store outside the project that is %s", (_, leave) => {
  test("nobody is let in who was not before, at once and after a restart", async () => {
    const place = await makePlace();
    const first = await open(place);
    const token = await makeToken(first.runs.store);
    first.pass(LOOK_MS);
    expect([(await first.ask()).status, (await first.ask(token)).status]).toEqual([401, 200]);
    await leave(place);
    for (const ms of [LOOK_MS, LOOK_MS, LONG_MS]) {
      first.pass(ms);
      expect((await first.ask()).status).toBe(401);
    }
    await first.close();
    const second = await open(place);
    const { status, reason } = await second.ask();
    expect(status).toBe(401);
    expect(reason).toContain("bring the store back");
    expect((await second.ask(token)).status).toBe(401);
  });

  test("a project that was open because no token was ever made is closed until it is back", async () => {
    const place = await makePlace();
    const first = await open(place);
    expect((await first.ask()).status).toBe(200);
    await leave(place);
    first.pass(LONG_MS);
    expect(await first.ask()).toMatchObject({ status: 401 });
    await first.close();
    expect((await (await open(place)).ask()).status).toBe(401);
  });
});

test("a store that comes back lets in again whom it let in before", async () => {
  const place = await makePlace();
  const server = await open(place);
  const token = await makeToken(server.runs.store);
  server.pass(LOOK_MS);
  expect((await server.ask(token)).status).toBe(200);
  await rename(place.outside, `${place.outside}-away`);
  server.pass(LONG_MS);
  expect((await server.ask(token)).status).toBe(401);
  await rename(`${place.outside}-away`, place.outside);
  server.pass(LOOK_MS);
  expect([(await server.ask()).status, (await server.ask(token)).status]).toEqual([401, 200]);
});

test("token objects that something deleted let nobody in, at once and after a restart", async () => {
  const place = await makePlace(() => "file:.hex/store");
  const first = await open(place);
  const token = await makeToken(first.runs.store);
  first.pass(LOOK_MS);
  expect((await first.ask(token)).status).toBe(200);
  await deleteAll(first.runs.store, ".hex/tokens/");
  first.pass(LOOK_MS);
  expect([(await first.ask()).status, (await first.ask(token)).status]).toEqual([401, 401]);
  await first.close();
  const second = await open(place);
  expect((await second.ask()).status).toBe(401);
  const again = await makeToken(second.runs.store);
  second.pass(LOOK_MS);
  expect([(await second.ask()).status, (await second.ask(again)).status]).toEqual([401, 200]);
});

test("a store in the project's folder that is deleted opens it only when no token was ever made", async () => {
  const place = await makePlace(() => "file:.hex/store");
  const store = join(place.directory, ".hex/store");
  const first = await open(place);
  expect((await first.ask()).status).toBe(200);
  await first.close();
  await rm(store, { recursive: true });
  const second = await open(place);
  expect((await second.ask()).status).toBe(200);
  await makeToken(second.runs.store);
  await second.close();
  await rm(store, { recursive: true });
  const third = await open(place);
  expect((await third.ask()).status).toBe(401);
  expect(third.lines.join()).toContain("delete .hex/tokens-made.json");
  await third.close();
  await rm(join(place.directory, ".hex/tokens-made.json"));
  expect((await (await open(place)).ask()).status).toBe(200);
});

test("a project that had a token is not opened by a store that is named by mistake", async () => {
  const place = await makePlace();
  const first = await open(place);
  await makeToken(first.runs.store);
  await first.close();
  const environment = { ...PLAIN, HEX_STORE: `${toOutside(place)}-other` };
  expect((await (await open(place, { environment })).ask()).status).toBe(401);
});

test("the tokens of an older build, whose store does not say that there are any, stay known", async () => {
  const place = await makePlace(() => "file:.hex/store");
  const older = await openProjectRuns(place.directory, { runtimeUrl, environment: PLAIN });
  onTestFinished(() => older.close());
  const token = await makeToken(older.store);
  await older.store.delete(ACCESS);
  await rm(join(place.directory, ".hex/tokens-made.json"));
  const server = await open(place);
  expect((await server.ask(token)).status).toBe(200);
  await deleteAll(older.store, ".hex/tokens/");
  await server.close();
  expect((await (await open(place)).ask()).status).toBe(401);
});

test("a store of an older build that has had runs and no token says so from the first look on", async () => {
  const place = await makePlace();
  const first = await open(place);
  await first.runs.store.write(".hex/history/2026-01-31/run/record.json", new Uint8Array(1));
  await first.close();
  await first.runs.store.delete(ACCESS);
  await rm(join(place.directory, ".hex/stores-looked-at"), { recursive: true });
  const second = await open(place);
  expect((await second.ask()).status).toBe(200);
  expect(await readText(second.runs.store, ACCESS)).toBe('{"format":1,"tokens":"never"}\n');
  await second.runs.store.delete(ACCESS);
  second.pass(LOOK_MS);
  expect((await second.ask()).status).toBe(401);
});

test("a project's folder that cannot remember opens no store outside it", async () => {
  const place = await makePlace();
  await mkdir(join(place.directory, ".hex"));
  await writeFile(join(place.directory, ".hex/stores-looked-at"), "no folder");
  const server = await open(place);
  const { status, reason } = await server.ask();
  expect(status).toBe(401);
  expect(reason).toContain("make a token");
  expect(await readText(server.runs.store, ACCESS)).toBeUndefined();
  const token = await makeToken(server.runs.store);
  server.pass(LOOK_MS);
  expect((await server.ask(token)).status).toBe(200);
});

test("a store that only others may write to is open when it says so, and otherwise closed", async () => {
  const place = await makePlace();
  const wrap = (store: Store): Store => readOnly(store);
  const closed = await open(place, { wrap });
  expect(await closed.ask()).toMatchObject({ status: 401 });
  expect((await closed.ask()).reason).toContain("make a token");
  await closed.close();
  await (await open(place)).close();
  const said = await open(place, { wrap });
  expect((await said.ask()).status).toBe(200);
  const other = await openProjectRuns(place.directory, { runtimeUrl, environment: PLAIN });
  onTestFinished(() => other.close());
  const token = await makeToken(other.store);
  said.pass(LOOK_MS);
  expect([(await said.ask()).status, (await said.ask(token)).status]).toEqual([401, 200]);
});

test("what a store says of tokens lets nobody in when it cannot be read", async () => {
  const place = await makePlace();
  const { runs, ask, pass } = await open(place);
  await runs.store.write(ACCESS, new TextEncoder().encode('{"format":1,"tok'));
  pass(LOOK_MS);
  expect((await ask()).status).toBe(401);
  const token = await makeToken(runs.store);
  pass(LOOK_MS);
  expect((await ask(token)).status).toBe(200);
  expect(await readText(runs.store, ACCESS)).toBe('{"format":1,"tokens":"made"}\n');
});

test("two servers that start while a token is made end up closed", async () => {
  const place = await makePlace();
  const maker = await openProjectRuns(place.directory, { runtimeUrl, environment: PLAIN });
  onTestFinished(() => maker.close());
  const [one, other, token] = await Promise.all([
    ...[open(place), open(place)],
    makeToken(maker.store),
  ] as const);
  for (const server of [one, other]) {
    server.pass(LOOK_MS);
    expect([(await server.ask()).status, (await server.ask(token)).status]).toEqual([401, 200]);
  }
  expect(await readText(maker.store, ACCESS)).toBe('{"format":1,"tokens":"made"}\n');
});

test("in a store that ignores conditions a token is known again after the next look", async () => {
  const place = await makePlace();
  const tokens: string[] = [];
  // Whoever claims that there was none does so just after a token was made.
  const wrap = (store: Store): Store =>
    through(store, async (key, body, options = {}) => {
      if (options.condition === undefined || key !== ACCESS) return store.write(key, body, options);
      tokens.push(await makeToken(store));
      return store.write(key, body);
    });
  const server = await open(place, { wrap });
  server.pass(LOOK_MS);
  expect((await server.ask()).status).toBe(401);
  expect((await server.ask(tokens[0])).status).toBe(200);
  await deleteAll(server.runs.store, ".hex/tokens/");
  server.pass(LOOK_MS);
  expect((await server.ask()).status).toBe(401);
});

test("a project that others reach by a name is open to nobody before it has a token", async () => {
  const place = await makePlace();
  const server = await open(place, { publicUrl: "https://hex.example.com" });
  expect((await server.ask()).status).toBe(401);
  await server.close();
  const named = await open(place, { allowedHosts: ["hex.example.com"] });
  expect((await named.ask()).status).toBe(401);
});

test("a server for others starts while its store is away, and lets nobody in", async () => {
  const place = await makePlace();
  const first = await open(place);
  await makeToken(first.runs.store);
  await first.close();
  await rename(place.outside, `${place.outside}-away`);
  const server = await open(place, { host: "0.0.0.0" });
  expect((await server.ask()).status).toBe(401);
  expect(server.lines.join()).toContain("bring the store back");
});

test("no token is made below a disk that is not mounted, once something was published there", async () => {
  const place = await makePlace();
  const { runs } = await open(place);
  await runs.store.marker?.note();
  await expect(makeToken(runs.store)).rejects.toMatchObject({ code: "HEX_STORE_UNAVAILABLE" });
});

test("a clock that is put back lets no token live on that was revoked", async () => {
  const place = await makePlace();
  const server = await open(place);
  const token = await makeToken(server.runs.store);
  server.pass(LOOK_MS);
  expect((await server.ask(token)).status).toBe(200);
  const { tokens } = await listTokens(server.runs.store);
  await revokeToken(server.runs.store, tokens[0]?.id ?? "");
  server.pass(-3_600_000);
  expect((await server.ask(token)).status).toBe(401);
});

test("requests of one look cost the store nothing", async () => {
  const place = await makePlace();
  const keys: string[] = [];
  const wrap = (store: Store): Store => ({
    ...through(store, (...write) => store.write(...write)),
    read: (key, options) => {
      keys.push(key);
      return store.read(key, options);
    },
  });
  const server = await open(place, { wrap });
  await server.ask();
  const before = keys.filter((key) => key === ACCESS).length;
  for (let asked = 0; asked < 20; asked++) expect((await server.ask()).status).toBe(200);
  expect(keys.filter((key) => key === ACCESS)).toHaveLength(before);
});

test("a proxy that sets no headers lets nobody in when the store has gone", async () => {
  const place = await makePlace();
  const server = await open(place);
  await makeToken(server.runs.store);
  const proxied = await proxy(await server.listen());
  server.pass(LOOK_MS);
  expect((await fetch(proxied)).status).toBe(401);
  await rename(place.outside, `${place.outside}-away`);
  server.pass(LONG_MS);
  expect((await fetch(proxied)).status).toBe(401);
  const posted = await fetch(proxied, { method: "POST" });
  expect(posted.status).toBe(401);
});

/** A proxy on this machine that passes requests on as if they were its own. */
async function proxy(address: string): Promise<string> {
  const { hostname, port } = new URL(address);
  const server = createServer(({ url: path, method }, response) => {
    const sent = { hostname, port, path, method, headers: { host: `${hostname}:${port}` } };
    const asked = askServer(sent, (answer) => {
      response.writeHead(answer.statusCode ?? 500);
      answer.pipe(response);
    });
    asked.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${RUNS}`;
}

const servers = inject("s3Servers").filter(({ conditionalWrites }) => conditionalWrites);

describe.each(servers)("on $name", (server) => {
  test("a lifecycle rule that removed the tokens, and then all, lets nobody in", async () => {
    const { bucket, environment } = await makeBucket(server);
    const place = await makePlace(() => toS3(server, bucket));
    const first = await open(place, { environment });
    expect((await first.ask()).status).toBe(200);
    const token = await makeToken(first.runs.store);
    first.pass(LOOK_MS);
    expect((await first.ask(token)).status).toBe(200);
    await deleteAll(first.runs.store, ".hex/tokens/");
    first.pass(LOOK_MS);
    expect([(await first.ask()).status, (await first.ask(token)).status]).toEqual([401, 401]);
    await deleteAll(first.runs.store, "");
    first.pass(LONG_MS);
    expect((await first.ask()).status).toBe(401);
    await first.close();
    const second = await open(place, { environment });
    expect((await second.ask()).status).toBe(401);
    const again = await makeToken(second.runs.store);
    second.pass(LOOK_MS);
    expect((await second.ask(again)).status).toBe(200);
  });
});
