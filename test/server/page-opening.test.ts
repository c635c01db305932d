import { createHash } from "node:crypto";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { serveProject, shareProject } from "./served-project.ts";

const HOSTILE = '</script></style><script>alert(1)</script><img src=x onerror="alert(1)"><!--';
const CELLS = {
  "cells/01-amount.ts": `import { slider } from "hex-runtime";
export default slider({ label: "Amount", min: 0, max: 10, default: 3 });
`,
};

const serveHostile = shareProject({ cells: CELLS, config: { page: { title: HOSTILE } } });

const stateIn = (html: string) =>
  JSON.parse(
    /<script type="application\/json" id="page-state">(.*)<\/script>/.exec(html)?.[1] ?? "{}",
  );

test("the page comes with what it shows as it opens, to whoever needs no token", async () => {
  const { call } = await serveHostile();
  const { statusCode, headers, body } = await call("GET", "/");
  expect([statusCode, headers["cache-control"]]).toEqual([200, "private, no-cache"]);
  expect(stateIn(body)).toEqual((await call("GET", "/page/state")).json());
  expect(body).toContain("Nothing is published yet");
  expect(body).not.toContain("/page/state");
});

test("texts in it stay texts, and its policy lets nothing run but the page's own files", async () => {
  const { call } = await serveHostile();
  const { headers, body } = await call("GET", "/");
  expect(body).not.toMatch(/<img|<script>|<!--|onerror="| style="| on\w+="/);
  const [, style = ""] = /<style>(.*?)<\/style>/s.exec(body) ?? [];
  const digest = createHash("sha256").update(style).digest("base64");
  expect(headers["content-security-policy"]).toContain(
    `default-src 'none'; script-src 'self'; style-src 'self' 'sha256-${digest}'; img-src`,
  );
});

test("the page is sent packed, and not again while it is the same", async () => {
  const { call } = await serveHostile();
  const { headers, body } = await call("GET", "/");
  for (const [packing, unpack] of [
    ["br", brotliDecompressSync],
    ["gzip", gunzipSync],
  ] as const) {
    const packed = await call("GET", "/", { headers: { "accept-encoding": packing } });
    expect(packed.headers["content-encoding"]).toBe(packing);
    expect(unpack(packed.rawPayload).toString()).toBe(body);
  }
  const known = { headers: { "if-none-match": String(headers.etag) } };
  expect((await call("GET", "/", known)).statusCode).toBe(304);
  expect((await call("GET", "/?_embed=true", known)).statusCode).toBe(200);
});

test("it is drawn as the viewer has chosen to see pages", async () => {
  const { call } = await serveHostile();
  const rootOf = async (cookie: string) =>
    /<html[^>]*>/.exec((await call("GET", "/", { headers: { cookie } })).body)?.[0];
  expect(await rootOf("a=b; hex-theme=dark")).toBe('<html lang="en" data-theme="dark">');
  expect(await rootOf('hex-theme="><script>')).toBe('<html lang="en">');
});

test.each([
  ["an address that sets an input", "/?_amount=4", {}],
  ["a picture of another site", "/", { "sec-fetch-dest": "image" }],
  ["a script of another site", "/", { "sec-fetch-dest": "empty" }],
  ["a request through a proxy", "/", { "x-forwarded-for": "192.0.2.1" }],
  ["a request with a token", "/", { authorization: `Bearer hxtw_${"0".repeat(96)}` }],
])("%s gets the page without what it shows", async (_what, url, headers) => {
  const { call } = await serveHostile();
  const { statusCode, body } = await call("GET", url, { headers });
  expect(statusCode).toBe(200);
  expect(body).not.toMatch(/page-state|Amount|alert|published/);
});

test("where the page is open to anyone, who has signed in is asked for as well", async () => {
  const { call, makeToken } = await serveProject({
    cells: CELLS,
    config: { page: { access: "anyone" } },
    limits: { pageRequestsPerMinute: 2 },
    now: () => 1_000_000,
  });
  await makeToken("read");
  const { body } = await call("GET", "/");
  expect(stateIn(body).viewer).toMatchObject({ maySignIn: true, mayRefresh: false });
  expect(body).toContain('<link rel="preload" as="fetch" href="/page/state" crossorigin>');
  expect((await call("GET", "/")).body).toContain("page-state");
  // beyond the limit the page asks by itself, and tells the viewer what it is answered
  expect((await call("GET", "/")).body).not.toContain("page-state");
});
