import { test } from "vitest";
import { openNotebookServer } from "../../src/server/notebook-server.ts";
import { type Attack, expectHeld } from "../fixtures/attacks.ts";
import { CELLS, notebookOf } from "../kernel/notebook-project.ts";
import { runtimeUrl } from "../work/worker-project.ts";

// A notebook's server runs what its author writes, for whoever may ask. Any page that the author has
// open in the same browser can send requests to it: what such pages try, and what they get.

type Row = readonly [
  what: string,
  expected: number,
  method: string,
  url: string,
  headers?: Readonly<Record<string, string>>,
  payload?: string,
];

const HOST = { host: "127.0.0.1:8788" };
const JSON_TYPE = { "content-type": "application/json" };
const ELSEWHERE = { "sec-fetch-site": "cross-site" };
const DEEP = "[".repeat(100_000);

const ROWS: readonly Row[] = [
  [
    "its own page asks for the state",
    200,
    "GET",
    "/notebook/state",
    { "sec-fetch-site": "same-origin" },
  ],
  [
    "a link of another site opens the notebook",
    200,
    "GET",
    "/",
    { ...ELSEWHERE, "sec-fetch-mode": "navigate" },
  ],
  ["a script element of another site asks for the state", 403, "GET", "/notebook/state", ELSEWHERE],
  ["a picture of another site asks for a table", 403, "GET", "/notebook/csv?ask=%7B%7D", ELSEWHERE],
  ["a picture of another site keeps a stream open", 403, "GET", "/notebook/events", ELSEWHERE],
  [
    "another server on this machine asks for the state",
    403,
    "GET",
    "/notebook/state",
    { "sec-fetch-site": "same-site" },
  ],
  [
    "another site runs all cells, without a body",
    403,
    "POST",
    "/notebook/run",
    { origin: "https://evil.example" },
  ],
  [
    "another site stops what goes, without a body",
    403,
    "POST",
    "/notebook/cancel",
    { origin: "https://evil.example" },
  ],
  [
    "another site publishes, without a body",
    403,
    "POST",
    "/notebook/publish",
    { origin: "https://evil.example" },
  ],
  [
    "a browser without Origin publishes for another site",
    403,
    "POST",
    "/notebook/publish",
    ELSEWHERE,
  ],
  ["a sandboxed frame publishes", 403, "POST", "/notebook/publish", { origin: "null" }],
  [
    "another server on this machine publishes",
    403,
    "POST",
    "/notebook/publish",
    { origin: "http://127.0.0.1:8080" },
  ],
  [
    "this server's name over HTTPS publishes",
    403,
    "POST",
    "/notebook/publish",
    { origin: "https://127.0.0.1:8788" },
  ],
  [
    "a form sets inputs",
    415,
    "POST",
    "/notebook/inputs",
    { "content-type": "text/plain" },
    '{"factor":9}',
  ],
  [
    "a name that was led here asks for the state",
    421,
    "GET",
    "/notebook/state",
    { host: "evil.example:8788" },
  ],
  [
    "a name that was led here publishes",
    421,
    "POST",
    "/notebook/publish",
    { host: "evil.example:8788", origin: "http://evil.example:8788" },
  ],
  [
    "a name that ends with ours",
    421,
    "GET",
    "/notebook/state",
    { host: "evil.localhost.example:8788" },
  ],
  [
    "a name below ours, which browsers lead here",
    421,
    "GET",
    "/notebook/state",
    { host: "evil.localhost:8788" },
  ],
  ["an address of no host", 421, "GET", "/notebook/state", { host: ":8788" }],
  [
    "a preflight of another site",
    403,
    "OPTIONS",
    "/notebook/run",
    { origin: "https://evil.example", "access-control-request-method": "POST" },
  ],
  ["publishing by a link", 405, "GET", "/notebook/publish"],
  ["inputs of 100,000 levels", 400, "POST", "/notebook/inputs", JSON_TYPE, DEEP],
  [
    "an input named __proto__",
    400,
    "POST",
    "/notebook/inputs",
    JSON_TYPE,
    '{"__proto__":{"factor":9}}',
  ],
  [
    "a cell whose name climbs",
    400,
    "POST",
    "/notebook/run",
    JSON_TYPE,
    '{"cells":["../../etc/passwd"]}',
  ],
  ["a source file of the project", 404, "GET", "/cells/01-factor.ts"],
  ["the project's config", 404, "GET", "/hex.config.json"],
  ["an asset that climbs", 404, "GET", "/assets/..%2f..%2fpackage.json"],
];

test("pages of other sites neither see a notebook nor run anything in it", async () => {
  const { notebook, ended } = await notebookOf(CELLS);
  await ended();
  const server = await openNotebookServer({ notebook, runtimeUrl, port: 0, log: () => undefined });
  const runs = notebook.book.state.head.run?.number;
  const attacks: Attack[] = [];
  for (const [what, expected, method, url, headers = {}, payload] of ROWS) {
    const answer = await server.app.inject({
      ...{ method: method as "GET", url, headers: { ...HOST, ...headers } },
      ...(payload === undefined ? {} : { payload }),
    });
    const isOpen = answer.headers["access-control-allow-origin"] !== undefined;
    const isGuarded = /frame-ancestors 'none'/.test(`${answer.headers["content-security-policy"]}`);
    const got = `${answer.statusCode}${isOpen ? " with CORS" : ""}${isGuarded ? "" : " in any frame"}`;
    attacks.push([what, `${expected}`, got]);
  }
  const after = notebook.book.state.head.run?.number;
  attacks.push(["what has run after all that", `run ${runs}`, `run ${after}`]);
  await server.close();
  expectHeld(attacks);
});
