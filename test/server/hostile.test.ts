import { connect } from "node:net";
import { expect, test } from "vitest";
import { HexError } from "../../src/errors.ts";
import {
  CANARY,
  type Call,
  LEGACY,
  PROJECT_ID,
  RUNS,
  type ServedProject,
  serveProject,
  shareProject,
} from "./served-project.ts";

// What programs, browsers and people with bad intentions send, and what they get for it.

/** A hostile input: what it is, the statuses that are right, and how it is sent. */
type Row = readonly [
  what: string,
  expected: readonly number[],
  method: string,
  url: string,
  call?: Call,
];

const OTHER = "11111111-1111-4111-8111-111111111111";
const JSON_TYPE = { "content-type": "application/json" };
const WRONG = `hxtw_${"0".repeat(96)}`;

/** Sent with a good token unless the row says otherwise. */
const ROWS: readonly Row[] = [
  ...[
    ["POST", RUNS],
    ["GET", RUNS],
    ["GET", `${RUNS}/${OTHER}`],
    ["DELETE", `${RUNS}/${OTHER}`],
    ["GET", "/metrics"],
    ["GET", "/readyz"],
  ].map(
    ([method = "", url = ""]): Row => [
      `no token: ${method} ${url}`,
      [401],
      method,
      url,
      { token: "" },
    ],
  ),
  ["wrong token of equal length", [401], "GET", RUNS, { token: WRONG }],
  ["wrong token, shorter", [401], "GET", RUNS, { token: WRONG.slice(0, 40) }],
  ["wrong token, longer", [401], "GET", RUNS, { token: `${WRONG}00` }],
  ["empty Bearer", [401], "GET", RUNS, { headers: { authorization: "Bearer " } }],
  ["Basic credentials", [401], "GET", RUNS, { headers: { authorization: "Basic dXNlcjpwYXNz" } }],
  ["token that is not ASCII", [401], "GET", RUNS, { headers: { authorization: "Bearer hxtw_é" } }],
  ["another project: start", [404], "POST", RUNS.replace(PROJECT_ID, OTHER)],
  ["another project: list", [404], "GET", RUNS.replace(PROJECT_ID, OTHER)],
  ["another project: cancel", [404], "DELETE", `${RUNS.replace(PROJECT_ID, OTHER)}/${OTHER}`],
  ["another project: cells", [404], "GET", `/api/v1/cells?projectId=${OTHER}`],
  ["unknown run: status", [404], "GET", `${RUNS}/${OTHER}`],
  ["unknown run: cancel", [404], "DELETE", `${LEGACY}/${OTHER}`],
  ["token in the query", [400], "GET", `${RUNS}?token=${WRONG}`],
  ["token in the query, by another name", [400], "GET", `${RUNS}?x=${WRONG}`],
  ["access_token in the query", [400], "GET", `${RUNS}?access_token=1`],
  [
    "upgrade without a token",
    [401],
    "GET",
    RUNS,
    { token: "", headers: { connection: "upgrade", upgrade: "websocket" } },
  ],
  [
    "event stream without a token",
    [401],
    "GET",
    `${RUNS}/${OTHER}`,
    { token: "", headers: { accept: "text/event-stream" } },
  ],
  ["Origin of another site", [403], "POST", RUNS, { headers: { origin: "https://evil.example" } }],
  [
    "Origin of another site, to look",
    [403],
    "GET",
    RUNS,
    { headers: { origin: "https://evil.example" } },
  ],
  ["Origin null", [403], "POST", RUNS, { headers: { origin: "null" } }],
  [
    "Origin that begins with ours",
    [403],
    "POST",
    RUNS,
    { headers: { origin: "http://127.0.0.1:8787.evil.example" } },
  ],
  [
    "Origin that ends with ours",
    [403],
    "POST",
    RUNS,
    { headers: { origin: "http://evil127.0.0.1:8787" } },
  ],
  ["Origin of another port", [403], "POST", RUNS, { headers: { origin: "http://127.0.0.1:1" } }],
  [
    "Origin of another scheme",
    [403],
    "POST",
    RUNS,
    { headers: { origin: "https://127.0.0.1:8787" } },
  ],
  [
    "a cookie and no token",
    [401],
    "POST",
    RUNS,
    { token: "", headers: { cookie: `token=${WRONG}` } },
  ],
  ["Host of another name", [421], "GET", RUNS, { headers: { host: "evil.example" } }],
  [
    "Host that begins with ours",
    [421],
    "GET",
    RUNS,
    { headers: { host: "127.0.0.1.evil.example" } },
  ],
  ["Host that ends with ours", [421], "GET", RUNS, { headers: { host: "evil-localhost" } }],
  ["Host with a user", [421], "GET", RUNS, { headers: { host: "127.0.0.1@evil.example" } }],
  ["Host of 8 KB", [421], "GET", RUNS, { headers: { host: "a.".repeat(4_096) } }],
  [
    "form",
    [415],
    "POST",
    RUNS,
    { headers: { "content-type": "application/x-www-form-urlencoded" }, payload: "dryRun=true" },
  ],
  [
    "JSON as text/plain",
    [415],
    "POST",
    RUNS,
    { headers: { "content-type": "text/plain" }, payload: "{}" },
  ],
  [
    "JSON without a content type",
    [415],
    "POST",
    RUNS,
    { headers: { "content-type": "" }, payload: "{}" },
  ],
  [
    "multipart",
    [415],
    "POST",
    RUNS,
    { headers: { "content-type": "multipart/form-data; boundary=x" }, payload: "--x--" },
  ],
  ...[
    "application/json\t; charset=utf-8",
    " application/json",
    "application/json ; a",
    "application/json;charset=utf-16",
    "application/json, text/plain",
    "application/jsonx",
    "application/json/x",
    "APPLICATION/JSON",
    'application/json; charset="UTF-8"',
    `application/json;${" ".repeat(8_000)}x`,
  ].map(
    (type): Row => [
      `content type ${JSON.stringify(type.slice(0, 40))} over a wrong body`,
      [400, 415],
      "POST",
      RUNS,
      { headers: { "content-type": type }, payload: '{"unknown":1}' },
    ],
  ),
  ...[
    "..",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cwin.ini",
    "%252e%252e%252f",
    "%c0%ae%c0%ae%c0%af",
    "%2fetc%2fpasswd",
    "C:%5cwindows",
    "%5c%5chost%5cshare",
    "file:%2f%2f%2fetc%2fpasswd",
    "record.json::$DATA",
    "a%00b",
    "a%0d%0ab",
    ".",
    "%20",
    "con",
    `${OTHER}.`,
    "a".repeat(4_096),
  ].map((id): Row => [`run id ${id.slice(0, 30)}`, [400, 404, 414], "GET", `${RUNS}/${id}`]),
  ["project id that climbs", [400, 404], "GET", "/api/v1/projects/%2e%2e%2f%2e%2e/runs"],
  ["path that climbs", [404], "GET", "/api/v1/../../etc/passwd"],
  ["path that cannot be read", [400], "GET", `${RUNS}/%zz`],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"].map(
    (name): Row => [
      `parameter ${name}`,
      [422],
      "POST",
      RUNS,
      { headers: JSON_TYPE, payload: `{"inputParams":{"${name}":1}}` },
    ],
  ),
  [
    "key __proto__ of the body",
    [400],
    "POST",
    RUNS,
    { headers: JSON_TYPE, payload: '{"__proto__":{"dryRun":true}}' },
  ],
  [
    "key constructor of the body",
    [400],
    "POST",
    RUNS,
    { headers: JSON_TYPE, payload: '{"constructor":{}}' },
  ],
  ...(
    [
      ["nested constructor.prototype", { constructor: { prototype: { polluted: 1 } } }],
      ["something like a promise", JSON.parse('{"then":"function () {}"}')],
      ["null", null],
      ["number as text", "3"],
      ["list of one", [3]],
      ["above the range", 11],
      ["below the range", -1],
      ["between steps", 2.5],
      ["boolean", true],
    ] as const
  ).map(
    ([what, amount]): Row => [
      `number input: ${what}`,
      [422],
      "POST",
      RUNS,
      { body: { inputParams: { amount } } },
    ],
  ),
  ...["NaN", "Infinity", "0x10", "1_000", "01"].map(
    (text): Row => [
      `number input: ${text}`,
      [400],
      "POST",
      RUNS,
      { headers: JSON_TYPE, payload: `{"inputParams":{"amount":${text}}}` },
    ],
  ),
  ...["1e999", "-1e999", "9007199254740993", "1e-400", "1".repeat(300)].map(
    (text): Row => [
      `number input: ${text.slice(0, 20)}`,
      [422],
      "POST",
      RUNS,
      { headers: JSON_TYPE, payload: `{"inputParams":{"amount":${text}}}` },
    ],
  ),
  [
    "number input: -0, which is 0",
    [201],
    "POST",
    RUNS,
    { headers: JSON_TYPE, payload: '{"inputParams":{"amount":-0}}' },
  ],
  ...["2026-02-30", "+275761-01-01", "2026-12-31T23:59:60Z", "2026-3-1", "yesterday", ""].map(
    (day): Row => [
      `day ${JSON.stringify(day)}`,
      [422],
      "POST",
      RUNS,
      { body: { inputParams: { day } } },
    ],
  ),
  [
    "text above its length",
    [422],
    "POST",
    RUNS,
    { body: { inputParams: { name: "x".repeat(21) } } },
  ],
  ["parameter that is no input", [422], "POST", RUNS, { body: { inputParams: { numbers: 1 } } }],
  ["unknown key of the body", [400], "POST", RUNS, { body: { store: "s3://elsewhere" } }],
  ["parameters that are a list", [400], "POST", RUNS, { body: { inputParams: [] } }],
  ["flag that is a number", [400], "POST", RUNS, { body: { dryRun: 1 } }],
  ["body that is a list", [400], "POST", RUNS, { body: [] }],
  ["body that is null", [400], "POST", RUNS, { headers: JSON_TYPE, payload: "null" }],
  ["body cut short", [400], "POST", RUNS, { headers: JSON_TYPE, payload: '{"dryRun":' }],
  [
    "body not in UTF-8",
    [400],
    "POST",
    RUNS,
    { headers: JSON_TYPE, payload: Buffer.from([0x22, 0xff, 0x22]) },
  ],
  ["repeated query key", [400], "GET", `${RUNS}?limit=1&limit=2`],
  ["query key with brackets", [200], "GET", `${RUNS}?limit[a]=1&__proto__[x]=1`],
  ["limit 0", [400], "GET", `${RUNS}?limit=0`],
  ["limit 1e2", [400], "GET", `${RUNS}?limit=1e2`],
  ["offset -1", [400], "GET", `${RUNS}?offset=-1`],
  ["offset out of reach", [400], "GET", `${RUNS}?offset=99999999`],
  ["unknown status", [400], "GET", `${RUNS}?statusFilter=constructor`],
  ["JSON 100,000 deep", [400], "POST", RUNS, { headers: JSON_TYPE, payload: "[".repeat(100_000) }],
  [
    "JSON of 100,000 keys",
    [400],
    "POST",
    RUNS,
    {
      headers: JSON_TYPE,
      payload: `{${Array.from({ length: 100_000 }, (_, key) => `"${key}":1`).join()}}`,
    },
  ],
  [
    "text of 10 MB",
    [413],
    "POST",
    RUNS,
    { headers: JSON_TYPE, payload: `"${"x".repeat(10_000_000)}"` },
  ],
  [
    "backslashes without end",
    [400],
    "POST",
    RUNS,
    { headers: JSON_TYPE, payload: `"${"\\".repeat(500_000)}` },
  ],
  ["digits without end", [400], "POST", RUNS, { headers: JSON_TYPE, payload: "1".repeat(500_000) }],
  [
    "compressed body",
    [415],
    "POST",
    RUNS,
    { headers: { ...JSON_TYPE, "content-encoding": "gzip" }, payload: Buffer.from([0x1f, 0x8b]) },
  ],
  [
    "idempotency key of 10 KB",
    [400],
    "POST",
    RUNS,
    { headers: { "idempotency-key": "k".repeat(10_000) } },
  ],
  ["idempotency key with spaces", [400], "POST", RUNS, { headers: { "idempotency-key": "a b" } }],
  ["empty idempotency key", [400], "POST", RUNS, { headers: { "idempotency-key": "" } }],
  ["method that no route has", [405], "PUT", RUNS],
  ["TRACE", [405], "TRACE", RUNS],
  ["HEAD", [200], "HEAD", RUNS],
  ...[
    "/.env",
    "/hex.config.json",
    "/package-lock.json",
    "/src/index.ts",
    "/chunks/index.js.map",
    "/.git/config",
    "/.hex/store/.hex/manifest.json",
  ].flatMap((url): Row[] => [
    [`file ${url}`, [404], "GET", url],
    [`file ${url}?raw`, [404], "GET", `${url}?raw`],
  ]),
];

/** Why an answer tells too much, or is no JSON; undefined when all is well. */
function findFlaw(
  { headers, body }: { readonly headers: object; readonly body: string },
  { directory }: ServedProject,
) {
  const type = (headers as Record<string, unknown>)["content-type"];
  if (body !== "" && !String(type).startsWith("application/json")) return `content type ${type}`;
  if (body.includes(directory) || /node_modules|\.ts:\d|\bat .+\(/.test(body))
    return "a path or stack";
  return body.includes(CANARY) ? "a secret" : undefined;
}

test("hostile requests get what the table says, tell nothing, and leave the server as it was", async () => {
  const served = await serveProject({ config: { secrets: ["CANARY"] } });
  const token = await served.makeToken("run");
  const got: (readonly [string, string, string])[] = [];
  for (const [what, expected, method, url, call = {}] of ROWS) {
    const by = call.token === "" ? {} : { token };
    const answer = await served.call(method, url, {
      ...by,
      ...call,
      ...(call.token === "" ? { token: undefined } : {}),
    });
    const flaw = findFlaw(answer, served);
    const isRight = expected.includes(answer.statusCode) && flaw === undefined;
    const status = `${answer.statusCode}${flaw === undefined ? "" : ` with ${flaw}`}`;
    got.push([what, isRight ? status : expected.join(" or "), status]);
  }
  expect(got.map(([what, , status]) => [what, status])).toEqual(
    got.map(([what, right]) => [what, right]),
  );
  expect((await served.call("POST", RUNS, { token })).statusCode).toBe(201);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

/** What a server answers on a connection of its own, until it closes it. */
function speak(address: string, text: string): Promise<string> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setEncoding("utf8").on("data", (more) => {
      heard += more;
    });
    // A server that has answered need not take the rest of what is sent.
    socket.on("error", (error) => heard === "" && reject(error));
    socket.on("close", () => resolve(heard));
  });
}

const ONE_NOTE = { "cells/note.md": "# Note\n" };
const serveListening = shareProject({ cells: ONE_NOTE }, async (served) => ({
  ...served,
  address: await served.listen(),
}));
/** For what never ends; all that is whole has come long before. */
const serveImpatient = shareProject(
  { cells: ONE_NOTE, clientTimes: { headersMs: 1_500, requestMs: 2_000, idleMs: 4_000 } },
  async (served) => ({ ...served, address: await served.listen() }),
);

const CLOSE = "Host: 127.0.0.1\r\nConnection: close\r\n";
const HEALTH = `GET /healthz HTTP/1.1\r\n${CLOSE}\r\n`;

test.each([
  ["a method that is none", `FOO ${RUNS} HTTP/1.1\r\n${CLOSE}\r\n`, /^HTTP\/1\.1 400 /],
  ["HTTP/1.0 without a host", `GET ${RUNS} HTTP/1.0\r\n\r\n`, /^HTTP\/1\.1 421 /],
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n", /^HTTP\/1\.1 400 /],
  [
    "two lengths",
    `POST ${RUNS} HTTP/1.1\r\n${CLOSE}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "a length and chunks",
    `POST ${RUNS} HTTP/1.1\r\n${CLOSE}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "two hosts",
    `GET ${RUNS} HTTP/1.1\r\nHost: evil.example\r\n${CLOSE}\r\n`,
    /^HTTP\/1\.1 4(00|21) /,
  ],
  [
    "an absolute address elsewhere",
    `GET http://evil.example/ HTTP/1.1\r\n${CLOSE}\r\n`,
    /^HTTP\/1\.1 40[0134] /,
  ],
  [
    "a header that is folded",
    `GET ${RUNS} HTTP/1.1\r\n${CLOSE}X-A: 1\r\n 2\r\n\r\n`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "a query of 1 MB",
    `GET ${RUNS}?${"x".repeat(1_000_000)} HTTP/1.1\r\n${CLOSE}\r\n`,
    /^HTTP\/1\.1 431 /,
  ],
  [
    "a token of 1 MB",
    `GET ${RUNS} HTTP/1.1\r\n${CLOSE}Authorization: Bearer ${"0".repeat(1_000_000)}\r\n\r\n`,
    /^HTTP\/1\.1 431 /,
  ],
  [
    "10,000 headers",
    `GET ${RUNS} HTTP/1.1\r\n${CLOSE}${"A: 1\r\n".repeat(10_000)}\r\n`,
    /^HTTP\/1\.1 431 /,
  ],
])("%s is refused, and the connection closed", async (_what, text, expected) => {
  const { address } = await serveListening();
  expect(await speak(address, text)).toMatch(expected);
  expect(await speak(address, HEALTH)).toMatch(/^HTTP\/1\.1 200 /);
});

test.each([
  [
    "headers that never end",
    `GET ${RUNS} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: `,
    /^HTTP\/1\.1 408 /,
  ],
  [
    "a body that never ends",
    `POST ${RUNS} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{`,
    /^(HTTP\/1\.1 408 |$)/,
  ],
  ["nothing at all", "", /^(HTTP\/1\.1 408 |$)/],
])("%s is refused after a while, and the connection closed", async (_what, text, expected) => {
  const { address } = await serveImpatient();
  expect(await speak(address, text)).toMatch(expected);
  expect(await speak(address, HEALTH)).toMatch(/^HTTP\/1\.1 200 /);
});

test("a request id is taken only when it is harmless", async () => {
  const { call } = await serveListening();
  const idOf = async (id: string) => {
    const answer = await call("GET", "/healthz", { headers: { "x-request-id": id } });
    return answer.headers["x-request-id"];
  };
  expect(await idOf("build-1234.retry_2")).toBe("build-1234.retry_2");
  for (const id of [
    "short",
    "with space",
    "<script>alert(1)</script>",
    "x".repeat(65),
    "é".repeat(10),
  ]) {
    expect(await idOf(id)).toMatch(/^[0-9a-f-]{36}$/);
  }
});

/** Every way in which a text may come to light. */
function formsOf(secret: string): readonly string[] {
  const base64 = Buffer.from(secret).toString("base64").replace(/=+$/, "");
  return [secret, encodeURIComponent(secret), base64, JSON.stringify(secret).slice(1, -1)];
}

test("no secret and no token comes to light, in no answer and no line of the log", async () => {
  const failure = { thrown: undefined as unknown };
  const served = await serveProject({
    config: { secrets: ["CANARY"] },
    cells: {
      "cells/note.md": `# Note\n\n${CANARY}\n`,
      "cells/01-name.ts":
        'import { text } from "hex-runtime";\nexport default text({ maxLength: 9 });\n',
    },
    wrap: (runs) => ({
      ...runs,
      history: new Proxy(runs.history, {
        get: (target, key) => {
          if (failure.thrown !== undefined) throw failure.thrown;
          return Reflect.get(target, key).bind(target);
        },
      }),
    }),
  });
  const token = await served.makeToken("run");
  const told: string[] = [];
  const headers = {
    cookie: `session=${token}`,
    referer: `http://127.0.0.1/?token=${token}&secret=${encodeURIComponent(CANARY)}`,
    "x-request-id": token.slice(0, 40),
  };
  const failures = [
    undefined,
    new Error(`bug with ${CANARY} and Bearer ${token}`),
    new HexError("HEX_STORE_UNAVAILABLE", `Expected the store, got ${CANARY}`),
    new HexError("HEX_CELL_INVALID", `Expected ${encodeURIComponent(CANARY)}`),
    `thrown ${CANARY}`,
  ];
  for (const thrown of failures) {
    failure.thrown = thrown;
    for (const url of [
      RUNS,
      `${RUNS}/${OTHER}`,
      `${LEGACY}/${OTHER}`,
      `${RUNS}/${OTHER}/events`,
      `${RUNS}/${OTHER}/cells/note/output`,
      `${RUNS}/${OTHER}/cells/${encodeURIComponent(CANARY)}/output?format=csv`,
      "/api/v1/openapi.json",
      `/api/v1/cells?projectId=${PROJECT_ID}`,
      `/api/v1/projects?token=${token}`,
      `/${token}`,
      `/${encodeURIComponent(CANARY)}`,
      "/api/v1/users/me",
      "/metrics",
    ]) {
      const answer = await served.call("GET", url, { token, headers });
      told.push(answer.body, JSON.stringify({ ...answer.headers, "x-request-id": "" }));
    }
    for (const body of [
      { inputParams: { [CANARY]: CANARY } },
      { inputParams: { name: CANARY } },
      { [CANARY]: 1 },
    ]) {
      told.push((await served.call("POST", RUNS, { token, headers, body })).body);
    }
    told.push((await served.call("DELETE", `${RUNS}/${OTHER}`, { token, headers })).body);
  }
  failure.thrown = undefined;
  expect(served.lines.some((line) => line.includes("request-failed"))).toBe(true);
  const found = [...told, ...served.lines].filter((text) =>
    [...formsOf(CANARY), ...formsOf(token)].some((form) => text.includes(form)),
  );
  expect(found).toEqual([]);
});

test("a queue or store that is away is answered with 503, at once and without saying where", async () => {
  const served = await serveProject({
    cells: { "cells/note.md": "# Note\n" },
    wrap: (runs) => ({
      ...runs,
      queue: new Proxy(runs.queue, {
        get: (target, key) =>
          key === "submit" || key === "count"
            ? () => Promise.reject(new HexError("HEX_QUEUE_UNAVAILABLE", `no ${runs.directory}`))
            : Reflect.get(target, key).bind(target),
      }),
    }),
  });
  for (const answer of [await served.call("POST", RUNS), await served.call("GET", "/readyz")]) {
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
    expect(answer.body).not.toContain(served.directory);
  }
  expect((await served.call("GET", "/healthz")).statusCode).toBe(200);
});
