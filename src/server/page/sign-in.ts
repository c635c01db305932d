import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as v from "valibot";
import { TOKEN_FORM } from "../../project/tokens.ts";
import { MINUTE } from "../../text.ts";
import { type CookieOptions, toCookie, toCookieName, toNoCookie } from "../caller.ts";
import { checkHost, refuseOtherSites, toNetwork } from "../hosts.ts";
import { HttpFailure } from "../http-failure.ts";
import { RateLimit } from "../limits.ts";
import type { Served } from "../served.ts";

const SIGN_IN = "/page/sign-in";
const MOST_A_MINUTE = 10;
const LONGEST_TOKEN = 200;

const signInBody = v.strictObject({
  token: v.pipe(v.string(), v.maxLength(LONGEST_TOKEN)),
});

/** A viewer hands in a token once; the browser keeps it where no script of the page can read it. */
export function addSignInRoutes(app: FastifyInstance, served: Served): void {
  const { settings, projectId, now } = served;
  const limit = new RateLimit(
    "attempts to sign in",
    [{ most: MOST_A_MINUTE, windowMs: MINUTE }],
    now,
  );
  const cookie: CookieOptions = {
    name: toCookieName(projectId),
    isSecure: settings.publicUrl?.startsWith("https:") === true,
  };
  // Who is not known yet cannot be asked for a token: the guards of other routes stand here.
  const config = { auth: "none" } as const;
  app.post(SIGN_IN, { config }, async (request, reply) => {
    refuseOthers(request, served);
    limit.take(toNetwork(request.ip));
    return signIn(request, reply, { ...served, cookie });
  });
  app.delete(SIGN_IN, { config }, async (request, reply) => {
    refuseOthers(request, served);
    return reply.code(204).header("set-cookie", toNoCookie(cookie)).send();
  });
}

function refuseOthers({ headers }: FastifyRequest, { settings }: Served): void {
  checkHost(headers, settings);
  refuseOtherSites(headers);
}

interface SignIn extends Served {
  readonly cookie: CookieOptions;
}

async function signIn(
  { body }: FastifyRequest,
  reply: FastifyReply,
  { tokens, cookie }: SignIn,
): Promise<FastifyReply> {
  const written = v.safeParse(signInBody, body);
  if (!written.success) {
    throw new HttpFailure(400, 'Expected the body to be {"token": "…"}, got other JSON');
  }
  const token = written.output.token.trim();
  const { record, doubt } = await tokens.find(TOKEN_FORM.test(token) ? token : undefined);
  if (record === undefined) {
    throw new HttpFailure(
      401,
      doubt ?? "Expected a token that is good, got one that is unknown, expired or revoked",
    );
  }
  return reply.code(204).header("set-cookie", toCookie(token, cookie)).send();
}
