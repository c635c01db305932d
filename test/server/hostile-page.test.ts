import { expect, test } from "vitest";
import { parseQuery } from "../../src/server/query.ts";
import { type Attack, expectHeld } from "../fixtures/attacks.ts";
import { carryOut } from "./carry-out.ts";
import {
  type Call,
  PROJECT_ID,
  RUNS,
  type ServedProject,
  serveProject,
  shareProject,
} from "./served-project.ts";

// What other sites, other viewers and strangers try on the page: what is expected, and what they get.

const CELLS = {
  "cells/01-amount.ts": `import { slider } from "hex-runtime";
export default slider({ label: "Amount", min: 0, max: 10, default: 3 });
`,
  "cells/02-inner.ts": `import { slider } from "hex-runtime";
export default slider({ label: "Inner", min: 0, max: 10, default: 3 });
`,
  "cells/03-numbers.ts": `import { cached } from "hex-runtime";
export default cached("numbers", () => Array.from({ length: 10 }, (_, index) => ({ number: index })));
`,
  "cells/04-small.ts": `import { cell } from "hex-runtime";
import amount from "./01-amount.ts";
import numbers from "./03-numbers.ts";
export default cell({ amount, numbers }, ({ amount, numbers }) =>
  numbers.filter((row) => row.number <= amount));
`,
  "cells/05-hidden.ts": `import { cell } from "hex-runtime";
import inner from "./02-inner.ts";
import numbers from "./03-numbers.ts";
export default cell({ inner, numbers }, ({ numbers }) => numbers);
`,
};

const OTHER = "11111111-1111-4111-8111-111111111111";
const JSON_TYPE = { "content-type": "application/json" };
const EVIL = { origin: "https://evil.example" };
const ASK = { version: null, commit: null, inputs: {}, cells: ["small"] };
const SIGN_IN = "/page/sign-in";

interface Published extends ServedProject {
  readonly token: string;
  /** of which a viewer holds the rows */
  readonly evaluation: string;
}

/** A page with a version, and a viewer who has asked for other inputs. */
const servePublished = shareProject(
  { cells: CELLS, config: { page: { hide: ["hidden", "inner"] } } },
  async (served): Promise<Published> => {
    const token = await served.makeToken("run");
    const { runId } = (await served.call("POST", "/page/refresh", { token })).json();
    await carryOut(served, runId);
    const asked = { ...ASK, inputs: { amount: 5 } };
    const answer = await served.call("POST", "/page/run", { token, body: asked });
    return { ...served, token, evaluation: answer.json().evaluation };
  },
);

type Row = readonly [
  what: string,
  expected: number | readonly number[],
  method: string,
  url: string,
  call?: Call,
];

const rowsOf = (evaluation: string, cell = "small", more = {}): Call => ({
  body: { evaluation, cell, offset: 0, limit: 5, ...more },
});
const csvOf = (ask: object) => `/page/csv?ask=${encodeURIComponent(JSON.stringify(ask))}`;
const sent = (payload: string, headers = {}): Call => ({
  payload,
  headers: { ...JSON_TYPE, ...headers },
});

function toRows({ evaluation, token }: Published): readonly Row[] {
  const cookie = `hex_${PROJECT_ID.replaceAll("-", "")}`;
  const keys = `{${Array.from({ length: 60_000 }, (_, key) => `"k${key}":1`).join()}}`;
  return [
    // One viewer's rows asked by another, by what can be guessed or was seen.
    ["rows of an evaluation whose id is guessed", 410, "POST", "/page/rows", rowsOf(OTHER)],
    ["rows under an id of prototypes", 410, "POST", "/page/rows", rowsOf("__proto__")],
    ["rows under an id that climbs", 410, "POST", "/page/rows", rowsOf("../../etc/passwd")],
    ["rows under an id of 10,000 letters", 400, "POST", "/page/rows", rowsOf("x".repeat(10_000))],
    ["rows by nobody", 401, "POST", "/page/rows", { ...rowsOf(evaluation), token: "" }],
    [
      "a hidden cell's rows, by a known evaluation",
      404,
      "POST",
      "/page/rows",
      rowsOf(evaluation, "hidden"),
    ],
    ["a hidden cell as CSV", 404, "GET", csvOf({ evaluation, cell: "hidden" })],
    [
      "CSV of an evaluation whose id is guessed",
      410,
      "GET",
      csvOf({ evaluation: OTHER, cell: "small" }),
    ],
    [
      "the head of a CSV, which would have it made",
      [404, 405],
      "HEAD",
      csvOf({ evaluation, cell: "small" }),
    ],
    [
      "rows sorted by a column of prototypes",
      [400, 404, 422],
      "POST",
      "/page/rows",
      rowsOf(evaluation, "small", { sort: { column: "__proto__", descending: false } }),
    ],
    [
      "rows filtered by a pattern that never ends",
      [200, 400, 422],
      "POST",
      "/page/rows",
      rowsOf(evaluation, "small", {
        filters: [{ column: "number", test: "contains", value: "(a+)+".repeat(1_900) }],
      }),
    ],
    [
      "101 filters",
      400,
      "POST",
      "/page/rows",
      rowsOf(evaluation, "small", {
        filters: Array(101).fill({ column: "number", test: "present" }),
      }),
    ],
    [
      "a hidden cell computed, which is left out",
      200,
      "POST",
      "/page/run",
      { body: { ...ASK, cells: ["hidden"] } },
    ],
    [
      "a hidden input set, which is told as unknown",
      200,
      "POST",
      "/page/run",
      { body: { ...ASK, inputs: { inner: 9 } } },
    ],
    [
      "a hidden input set by its text, which is told as unknown",
      200,
      "POST",
      "/page/run",
      { body: { ...ASK, texts: { inner: "9" } } },
    ],
    [
      "a version of a commit that is guessed",
      410,
      "POST",
      "/page/run",
      { body: { ...ASK, version: 1, commit: OTHER } },
    ],
    [
      "an input named __proto__",
      [400, 403, 422],
      "POST",
      "/page/run",
      sent(`{"version":null,"commit":null,"inputs":{"__proto__":{"amount":9}},"cells":["small"]}`),
    ],
    [
      "a cell named constructor",
      200,
      "POST",
      "/page/run",
      { body: { ...ASK, cells: ["constructor"] } },
    ],
    [
      "a press of what is no button",
      422,
      "POST",
      "/page/run",
      { body: { ...ASK, press: { amount: OTHER } } },
    ],
    ["a version beyond all", 410, "GET", "/page/state?version=999999999"],
    ["a version in digits of another script", 400, "GET", "/page/state?version=%EF%BC%91"],
    ["a version as 1e0", 400, "GET", "/page/state?version=1e0"],
    ["two versions", 400, "GET", "/page/state?version=1&version=2"],
    ["a run whose id is guessed", 404, "GET", `/page/runs/${OTHER}`],
    ["the log of a run whose id is guessed", 404, "GET", `/page/runs/${OTHER}/log`],
    ["events of a run whose id is guessed", 404, "GET", `/page/runs/${OTHER}/events`],
    ["a place in a list of runs that climbs", 400, "GET", "/page/runs?before=..%2F..%2Fmanifest"],
    // Pages of other sites.
    ["another site's page asks for cells", 403, "POST", "/page/run", { body: ASK, headers: EVIL }],
    [
      "a sandboxed frame asks for cells",
      403,
      "POST",
      "/page/run",
      { body: ASK, headers: { origin: "null" } },
    ],
    [
      "a picture on another site asks for the state",
      403,
      "GET",
      "/page/state",
      { headers: { "sec-fetch-site": "cross-site" } },
    ],
    [
      "a page of a neighbour name asks for the state",
      403,
      "GET",
      "/page/state",
      { headers: { "sec-fetch-site": "same-site" } },
    ],
    [
      "a picture on another site opens the events",
      403,
      "GET",
      "/page/events",
      { headers: { "sec-fetch-site": "cross-site" } },
    ],
    ["another site signs its visitor in", 403, "POST", SIGN_IN, { body: { token }, headers: EVIL }],
    [
      "a form of another site signs its visitor in",
      415,
      "POST",
      SIGN_IN,
      {
        payload: `token=${token}`,
        headers: { "content-type": "application/x-www-form-urlencoded" },
      },
    ],
    ["another site signs its visitor out", 403, "DELETE", SIGN_IN, { headers: EVIL }],
    [
      "a name that was led here signs in",
      421,
      "POST",
      SIGN_IN,
      { body: { token }, headers: { host: "evil.example" } },
    ],
    [
      "a name that was led here opens the page",
      421,
      "GET",
      "/",
      { headers: { host: "evil.example" } },
    ],
    ["a host as one number", 421, "GET", "/page/state", { headers: { host: "2130706433:8787" } }],
    ["a host in hexadecimal", 421, "GET", "/page/state", { headers: { host: "0x7f.1" } }],
    [
      "a host with a dot at its end",
      421,
      "GET",
      "/page/state",
      { headers: { host: "localhost.:8787" } },
    ],
    [
      "a preflight of another site",
      403,
      "OPTIONS",
      "/page/run",
      { headers: { ...EVIL, "access-control-request-method": "POST" } },
    ],
    [
      "a method in a header",
      200,
      "GET",
      "/page/state",
      { headers: { "x-http-method-override": "DELETE" } },
    ],
    // Cookies and tokens.
    [
      "a cookie that is good, on a route of programs",
      401,
      "GET",
      RUNS,
      { token: "", headers: { cookie: `${cookie}=${token}` } },
    ],
    [
      "a cookie that is good, of another project",
      401,
      "GET",
      "/page/state",
      { token: "", headers: { cookie: `hex_${OTHER.replaceAll("-", "")}=${token}` } },
    ],
    [
      "a wrong cookie before the good one",
      [200, 401],
      "GET",
      "/page/state",
      { token: "", headers: { cookie: `${cookie}=x; ${cookie}=${token}` } },
    ],
    [
      "a good cookie, asked by another site",
      403,
      "POST",
      "/page/refresh",
      { token: "", headers: { ...EVIL, cookie: `${cookie}=${token}` } },
    ],
    [
      "a good cookie behind a wrong token",
      401,
      "GET",
      "/page/state",
      { token: "", headers: { cookie: `${cookie}=${token}`, authorization: "Bearer x" } },
    ],
    ["a token in the address of the page's data", 400, "GET", `/page/state?t=${token}`],
    [
      "a token in the address, percent-encoded",
      400,
      "GET",
      `/page/state?t=%68%78tw_${token.slice(5)}`,
    ],
    ["a token of 201 letters", 400, "POST", SIGN_IN, { body: { token: "x".repeat(201) } }],
    ["a token that is an object", 400, "POST", SIGN_IN, { body: { token: { toString: "x" } } }],
    [
      "sign-in with a word too many",
      400,
      "POST",
      SIGN_IN,
      { body: { token, redirect: "//evil.example" } },
    ],
    // Addresses that would lead elsewhere.
    ["two slashes and a host", 404, "GET", "//evil.example/"],
    ["a backslash and a host", [400, 404], "GET", "/%5Cevil.example/"],
    ["an asset that climbs", 404, "GET", "/assets/..%2F..%2Fpackage.json"],
    ["an asset of prototypes", 404, "GET", "/assets/__proto__"],
    // Bodies.
    [
      "JSON of 100,000 levels",
      400,
      "POST",
      "/page/run",
      sent(`${"[".repeat(100_000)}${"]".repeat(100_000)}`),
    ],
    [
      "JSON of 100,000 levels in an address",
      [400, 414, 431],
      "GET",
      `/page/csv?ask=${"[".repeat(100_000)}`,
    ],
    ["JSON of 60,000 keys", 400, "POST", "/page/run", sent(keys)],
    [
      "JSON of a million keys",
      413,
      "POST",
      "/page/run",
      sent(`{${'"k":1,'.repeat(1_000_000)}"k":1}`),
    ],
    [
      "a key twice, of which the last counts for every check, and is left out",
      200,
      "POST",
      "/page/run",
      sent(`{"version":null,"commit":null,"inputs":{},"cells":["small"],"cells":["hidden"]}`),
    ],
    [
      "a byte order mark before JSON",
      400,
      "POST",
      "/page/run",
      sent(`\ufeff${JSON.stringify(ASK)}x`),
    ],
    ...["br", "deflate", "zstd", "gzip, identity", "IDENTITY"].map(
      (encoding): Row => [
        `a body packed by ${encoding}`,
        415,
        "POST",
        "/page/run",
        sent(JSON.stringify(ASK), { "content-encoding": encoding }),
      ],
    ),
    [
      "an idempotency key of prototypes",
      201,
      "POST",
      RUNS,
      { headers: { "idempotency-key": "__proto__" } },
    ],
    [
      "an idempotency key that climbs",
      [201, 400],
      "POST",
      RUNS,
      { headers: { "idempotency-key": "../../manifest" } },
    ],
  ];
}

/** What no answer may have, whatever was asked. */
function findFlaw({ headers, body }: { readonly headers: object; readonly body: string }) {
  const all = headers as Record<string, unknown>;
  const header = (name: string) => String(all[name] ?? "");
  if (header("access-control-allow-origin") !== "") return "CORS";
  if (header("location") !== "") return `a way to ${header("location")}`;
  if (!/default-src 'none'/.test(header("content-security-policy"))) return "no policy";
  if (header("x-content-type-options") !== "nosniff") return "a type to guess";
  if (header("referrer-policy") !== "no-referrer") return "a referrer";
  return body.includes("evil.example") ? "what was asked, in the answer" : undefined;
}

test("strangers and other sites get from a page what the table says", async () => {
  const served = await servePublished();
  const { token } = served;
  const attacks: Attack[] = [];
  for (const [what, expected, method, url, call = {}] of toRows(served)) {
    const by = call.token === "" ? { token: undefined } : { token };
    const answer = await served.call(method, url, { ...call, ...by });
    const flaw = findFlaw(answer);
    const got = `${answer.statusCode}${flaw === undefined ? "" : ` with ${flaw}`}`;
    const isRight = [expected].flat().some((status) => `${status}` === got);
    attacks.push([what, isRight ? got : String(expected), got]);
  }
  expectHeld(attacks);
  expect((await served.call("GET", "/page/state", { token })).statusCode).toBe(200);
  expect(served.lines.join("")).not.toContain(token);
});

test("the page says to caches, frames and cookies what keeps it from others", async () => {
  const { call, token } = await servePublished();
  const state = await call("GET", "/page/state", { token });
  const shell = await call("GET", "/", {});
  const nowhere = await call("GET", "/<script>", { token, headers: { accept: "text/html" } });
  const signedIn = await call("POST", SIGN_IN, { body: { token } });
  const secure = await serveProject({
    cells: { "cells/note.md": "# Note\n" },
    settings: { publicUrl: "https://app.example" },
  });
  const good = await secure.makeToken("run");
  const behind = {
    host: "app.example",
    "x-forwarded-host": "evil.example",
    forwarded: "host=evil.example",
  };
  const overTls = await secure.call("POST", SIGN_IN, {
    body: { token: good },
    headers: { ...behind, origin: "https://app.example" },
  });
  const started = await secure.call("POST", RUNS, {
    token: good,
    headers: behind,
  });
  const flags = (header: unknown) => String(header).replace(/^[^;]*; /, "");
  expectHeld([
    [
      "state: kept apart by who asks",
      "cookie, authorization, accept-encoding",
      String(state.headers["vary"]),
    ],
    [
      "state: kept by no cache that others share",
      "private, no-cache",
      String(state.headers["cache-control"]),
    ],
    ["shell: in nobody's frame", "DENY", String(shell.headers["x-frame-options"])],
    [
      "shell: opened by nobody's window",
      "same-origin",
      String(shell.headers["cross-origin-opener-policy"]),
    ],
    ["no such page: nothing of its address", "false", String(nowhere.body.includes("<script>"))],
    [
      "cookie: no script, no other site",
      "Path=/page; Max-Age=2592000; HttpOnly; SameSite=Strict",
      flags(signedIn.headers["set-cookie"]),
    ],
    [
      "cookie: over HTTPS alone where that is spoken",
      "true",
      String(flags(overTls.headers["set-cookie"]).endsWith("; Secure")),
    ],
    [
      "a host that a header forwards: in no address of an answer",
      "201 false",
      `${started.statusCode} ${started.body.includes("evil.example")}`,
    ],
  ]);
});

test("whoever guesses tokens is held up by where they are, whatever they say", async () => {
  const served = await serveProject({ cells: { "cells/note.md": "# Note\n" } });
  await served.makeToken("run");
  const guess = async (remoteAddress: string, headers: object) => {
    const { statusCode } = await served.app.inject({
      ...{ method: "POST", url: SIGN_IN, remoteAddress },
      headers: { host: "127.0.0.1:8787", ...headers },
      payload: { token: `hxtw_${"0".repeat(96)}` },
    });
    return statusCode;
  };
  const after = async (
    addressOf: (guess: number) => string,
    headersOf = (_: number): object => ({}),
  ) => {
    const statuses: number[] = [];
    for (let each = 1; each <= 11; each++)
      statuses.push(await guess(addressOf(each), headersOf(each)));
    return `${statuses.slice(0, 10).every((status) => status === 401)} ${statuses[10]}`;
  };
  const forwarded = (each: number) => ({
    "x-forwarded-for": `203.0.113.${each}`,
    "x-real-ip": `203.0.113.${each}`,
    forwarded: `for=203.0.113.${each}`,
  });
  expectHeld([
    [
      "11 guesses under other forwarded addresses",
      "true 429",
      await after(() => "198.51.100.1", forwarded),
    ],
    [
      "11 guesses from one IPv6 network",
      "true 429",
      await after((each) => `2001:db8:1:2:${each}::1`),
    ],
    [
      "11 guesses from one IPv6 network, written short",
      "true 429",
      await after((each) => `2001:db8::${each}`),
    ],
    [
      "11 guesses from one address, half of them in IPv6's form",
      "true 429",
      await after((each) => (each % 2 ? "198.51.100.2" : "::ffff:198.51.100.2")),
    ],
    ["a guess from elsewhere meanwhile", "401", String(await guess("198.51.100.3", {}))],
  ]);
});

test("a query of many keys costs as much as it is long", () => {
  const query = parseQuery("a&".repeat(300_000));
  expect(query["a"]).toHaveLength(300_000);
});
