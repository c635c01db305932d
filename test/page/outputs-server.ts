import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { build } from "esbuild";

/** As strict as the page's own. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'";

const SHELL = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Outputs</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script></head>
<body></body></html>`;

/** Serves a page of nothing but outputs, bundled as the real one is. */
export async function serveOutputs(
  page = "test/page/browser/outputs-page.tsx",
): Promise<{ address: string; stop(): Promise<void> }> {
  const files = await bundle(page);
  const server = createServer(({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const name = basename(pathname);
    response.setHeader("content-security-policy", POLICY);
    if (pathname === "/") {
      response.setHeader("content-type", "text/html").end(SHELL);
      return;
    }
    const type = name.endsWith(".css") ? "text/css" : "text/javascript";
    // A picture that prose asks for is no fault; below assets is where an emptied page rests.
    response.statusCode = files.has(name) ? 200 : pathname.startsWith("/assets/") ? 404 : 204;
    response.setHeader("content-type", type).end(files.get(name) ?? "nothing");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function bundle(page: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: { page },
    outdir: "outputs",
    write: false,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    conditions: ["hex-source"],
    jsx: "automatic",
    jsxImportSource: "preact",
    alias: { react: "preact/compat", "react-dom": "preact/compat" },
    minify: true,
    legalComments: "none",
    logLevel: "warning",
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}
