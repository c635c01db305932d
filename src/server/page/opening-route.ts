import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { toMessage } from "../../errors.ts";
import type { PageAssets } from "../../page/page-assets.ts";
import type { PageState } from "../../page/page-state.ts";
import { type OpeningPage, renderOpening } from "../../page/shell.ts";
import type { DrawPage } from "../../page/still-page.ts";
import type { PageSettings } from "../../project/page-settings.ts";
import { PromiseCache } from "../../project/promise-cache.ts";
import { toSha256 } from "../../sha256.ts";
import { readCookie } from "../caller.ts";
import { checkHost } from "../hosts.ts";
import type { Query } from "../query.ts";
import { findPacking, pack } from "../send.ts";
import type { PageStates, ReadState } from "./read-state.ts";
import type { ServedPage } from "./served-page.ts";
import { type SendShell, toPageHeaders } from "./shell-routes.ts";

/** Pages of more than this, as JSON in bytes, are read by their code alone. */
const MOST_SENT = 2 ** 20;
/** Of that, what is drawn: more would have others wait. A chart is drawn by the browser. */
const MOST_DRAWN = 2 ** 17;
/** So much is kept ready to be sent, in bytes as it was before it was packed. */
const MOST_KEPT = 2 ** 25;
/** Of a page that shows nothing. */
const AROUND_BYTES = 2 ** 17;

export interface OpeningRouteOptions {
  readonly states: PageStates;
  readonly readAssets: () => Promise<PageAssets>;
  readonly readDrawPage: () => Promise<DrawPage | undefined>;
  readonly sendShell: SendShell;
}

/** A page that opens, ready to be sent. */
interface ReadyPage extends OpeningPage {
  readonly etag: string;
  readonly packed: PromiseCache<Uint8Array>;
}

/**
 * The page itself. Who needs no token to see it gets all that it opens on; everyone else gets the empty
 * page, whose code asks for the rest by the page's own routes.
 */
export function addOpeningRoute(
  app: FastifyInstance,
  page: ServedPage,
  options: OpeningRouteOptions,
): void {
  const onRequest = async ({ headers }: FastifyRequest) => checkHost(headers, page.settings);
  const ready = new PromiseCache<ReadyPage | null>(MOST_KEPT);
  app.get("/", { config: { auth: "none" }, onRequest }, async (request, reply) => {
    const opened = await findOpening(request, { page, ready, ...options }).catch((thrown) => {
      // the page's code asks again, and tells the viewer why there is no answer
      page.log({ level: "warn", event: "page-undrawn", message: toMessage(thrown) });
      return null;
    });
    if (opened === null) return options.sendShell(reply);
    return sendOpening(request, reply, { opened, settings: page.runs.config.page });
  });
}

interface Opening extends OpeningRouteOptions {
  readonly page: ServedPage;
  readonly ready: PromiseCache<ReadyPage | null>;
}

/** What a viewer's page opens on; null where that is not sent with it. */
async function findOpening(request: FastifyRequest, opening: Opening): Promise<ReadyPage | null> {
  const { page, states, ready, readAssets, readDrawPage } = opening;
  const look = toLook(request);
  const caller = look && (await page.findOpenViewer(request));
  if (look === undefined || caller === undefined) return null;
  page.pageLimit.take(caller.id);
  const [state, draw, assets] = await Promise.all([
    states.read(caller),
    readDrawPage(),
    readAssets(),
  ]);
  const sizeBytes = state.content.cells.length;
  if (draw === undefined || sizeBytes > MOST_SENT) return null;
  const drawing = `${state.etag} ${look.isEmbedded ? "e" : ""}${look.theme ?? ""}`;
  return ready.get(drawing, 2 * sizeBytes + AROUND_BYTES, async () =>
    toReady(assets, { state, look, draw }),
  );
}

/** How a page is to be seen, as far as its address and the browser tell. */
interface Look {
  readonly isEmbedded: boolean;
  readonly theme: "light" | "dark" | undefined;
}

/**
 * Undefined where the address sets inputs, since their outputs are to be computed first, and where
 * something else than a window asks, as a picture of another site does.
 */
function toLook({ headers, query }: FastifyRequest): Look | undefined {
  const kind = headers["sec-fetch-dest"] ?? "document";
  if (kind !== "document" && kind !== "iframe") return undefined;
  const own = Object.entries(query as Query).filter(([name]) => name.startsWith("_"));
  const isEmbedded = own.some(([name, values]) => name === "_embed" && values.join() === "true");
  if (own.length > (isEmbedded ? 1 : 0)) return undefined;
  const theme = readCookie(headers.cookie, "hex-theme");
  return { isEmbedded, theme: theme === "light" || theme === "dark" ? theme : undefined };
}

interface Drawing {
  readonly state: ReadState;
  readonly look: Look;
  readonly draw: DrawPage;
}

/** Null where there is too much to be drawn. */
function toReady(assets: PageAssets, { state, look, draw }: Drawing): ReadyPage | null {
  const { toHead, content } = state;
  const cells: PageState["cells"] = JSON.parse(Buffer.from(content.cells).toString());
  const opened: PageState = { ...toHead(), cells };
  const drawn = cells.filter(({ output }) => output?.kind !== "chart");
  if (JSON.stringify(drawn).length > MOST_DRAWN) return null;
  const kinds = new Set(cells.flatMap(({ output }) => output?.kind ?? []));
  const pieces = (["frame", "markdown", "chart"] as const).filter((kind) => kinds.has(kind));
  const opening = renderOpening({
    drawn: draw(opened, look),
    state: opened,
    style: Buffer.from(assets.files.get(assets.opening)?.bytes ?? []).toString(),
    modules: [...new Set([...assets.preloads, ...pieces.flatMap((kind) => assets.pieces[kind])])],
    theme: look.theme,
    script: assets.script,
  });
  // Of all that is sent: another build may draw the same state otherwise.
  const etag = `"${toSha256(opening.html).slice(0, 32)}"`;
  return { ...opening, etag, packed: new PromiseCache(2) };
}

interface Sent {
  readonly opened: ReadyPage;
  readonly settings: Pick<PageSettings, "embedIn">;
}

async function sendOpening(
  request: FastifyRequest,
  reply: FastifyReply,
  { opened, settings }: Sent,
): Promise<FastifyReply> {
  const { html, styleSource, etag, packed } = opened;
  reply.headers({
    ...toPageHeaders(settings, styleSource),
    etag,
    vary: "cookie, authorization, accept-encoding, sec-fetch-dest",
    "cache-control": "private, no-cache",
  });
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  reply.type("text/html; charset=utf-8");
  const packing = findPacking(request);
  if (packing === undefined) return reply.send(html);
  reply.header("content-encoding", packing);
  return reply.send(await packed.get(packing, 1, () => pack(Buffer.from(html), packing, "small")));
}
