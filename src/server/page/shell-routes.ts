import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AssetEncoding, PageAsset, PageAssets } from "../../page/page-assets.ts";
import { renderShell, type ShellOptions } from "../../page/shell.ts";
import type { PageSettings } from "../../project/page-settings.ts";
import { checkHost, type HostSettings } from "../hosts.ts";
import { HttpFailure } from "../http-failure.ts";
import { findPacking, type Packing } from "../send.ts";

/** The addresses of views beside the page; code in the browser routes between them. */
const ADDRESSES = ["/runs", "/runs/:runId", "/versions", "/schedules"];
/** An asset's name holds the hash of its content. */
const FOREVER = "public, max-age=31536000, immutable";

export interface ShellRoutesOptions {
  readonly settings: HostSettings;
  readonly readAssets: () => Promise<PageAssets | undefined>;
  /** as the config says */
  readonly page: Pick<PageSettings, "title" | "access" | "embedIn">;
  /** addresses of the shell; default: those of the runs view */
  readonly addresses?: readonly string[];
  /** as `renderShell` takes it */
  readonly view?: "notebook";
}

/** The routes of empty pages and of what all pages consist of: the same for everyone. */
export function addShellRoutes(app: FastifyInstance, options: ShellRoutesOptions): void {
  const onRequest = async ({ headers }: FastifyRequest) => checkHost(headers, options.settings);
  const route = { config: { auth: "none" }, onRequest } as const;
  const readAssets = needAssets(options.readAssets);
  for (const address of options.addresses ?? ADDRESSES) {
    app.get(address, route, async (_request, reply) =>
      sendShell(reply, await readAssets(), options),
    );
  }
  app.get("/assets/:file", route, async (request, reply) => {
    const { file } = request.params as { readonly file: string };
    const asset = (await readAssets()).files.get(file);
    if (asset !== undefined) return sendAsset(request, reply, asset);
    throw new HttpFailure(
      404,
      "Expected the name of a file that the page consists of, got another",
    );
  });
}

/** @throws {HttpFailure} 503 where the page was not built */
export function needAssets(readAssets: ShellRoutesOptions["readAssets"]) {
  return async (): Promise<PageAssets> => {
    const assets = await readAssets();
    if (assets !== undefined) return assets;
    throw new HttpFailure(503, "Expected the page to be built, got none (`npm run build` does it)");
  };
}

/** Sends the empty page. */
export type SendShell = (reply: FastifyReply) => Promise<FastifyReply>;

/** The empty page at the page's own address: what it asks for at once is fetched with its code. */
export function toSendShell({ page, readAssets }: ShellRoutesOptions): SendShell {
  return async (reply) => {
    const assets = await needAssets(readAssets)();
    const { frame, markdown } = assets.pieces;
    const preloads = [...new Set([...assets.preloads, ...markdown, ...frame])];
    return sendShell(reply, { ...assets, preloads }, { page, isStateAhead: true });
  };
}

function sendShell(
  reply: FastifyReply,
  assets: PageAssets,
  {
    page,
    view,
    isStateAhead,
  }: Pick<ShellRoutesOptions, "page" | "view"> & Pick<ShellOptions, "isStateAhead">,
): FastifyReply {
  const title = page.access === "anyone" ? page.title : undefined;
  const html = renderShell({ ...assets, view, title, isStateAhead });
  return reply
    .headers({ "cache-control": "no-cache", ...toPageHeaders(page) })
    .type("text/html; charset=utf-8")
    .send(html);
}

/**
 * The headers of all HTML.
 * @param style source of a style sheet that the page has within itself
 */
export function toPageHeaders(
  { embedIn }: Pick<PageSettings, "embedIn">,
  style?: string,
): Record<string, string> {
  const isEmbeddable = embedIn.length > 0;
  return {
    "content-security-policy": toPolicy(isEmbeddable ? embedIn.join(" ") : "'none'", style),
    "cross-origin-opener-policy": "same-origin",
    ...(isEmbeddable ? {} : { "x-frame-options": "DENY" }),
  };
}

/** The policy of the page: nothing from other hosts, and no inline code. */
function toPolicy(frameAncestors: string, style: string | undefined): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    ["style-src 'self'", ...(style === undefined ? [] : [style])].join(" "),
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors}`,
  ].join("; ");
}

/** The endings of packed files. */
const ENCODINGS: Readonly<Record<Packing, AssetEncoding>> = { br: "br", gzip: "gz" };

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: PageAsset) {
  const packing = findPacking(request);
  const packed = packing === undefined ? undefined : asset.packed.get(ENCODINGS[packing]);
  reply.headers({
    "cache-control": FOREVER,
    vary: "accept-encoding",
    "cross-origin-resource-policy": "same-origin",
    ...(packed === undefined ? {} : { "content-encoding": packing }),
  });
  return reply.type(asset.type).send(packed ?? asset.bytes);
}
