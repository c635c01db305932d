import type { Duplex } from "node:stream";
import pg from "pg";
import { expectation, type HexError, toMessage } from "../../errors.ts";
import { PostgresSession } from "./postgres-session.ts";

const CONNECT_LIMIT_MS = 30_000;
const NO_TLS = "The server does not support SSL connections";

/** What pg's classes have beside what their declarations say; all of it is as old as they are. */
interface OpenClient {
  readonly connection: { readonly stream: Duplex };
  readonly processID: number;
  readonly secretKey: number;
  readonly ssl: object | boolean;
}

/** A bare connection, on which nobody has to log in. */
interface BareConnection extends NodeJS.EventEmitter {
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processID: number, secretKey: number): void;
}
const BareConnection = pg.Connection as unknown as new (config: {
  readonly ssl: object | boolean;
}) => BareConnection;

/**
 * Logs in. pg does what that takes (TLS, the ways to give a password); then its socket is ours.
 * @throws {HexError} HEX_SOURCE_UNAVAILABLE; the sentences never hold the URL or the password
 */
export async function openSession(
  url: unknown,
  signal: AbortSignal | undefined,
): Promise<PostgresSession> {
  const parsed = parseUrl(url);
  const mode = parsed.searchParams.get("sslmode") ?? "prefer";
  // libpq's meaning of the modes, in which pg has followed it only since it is asked to.
  parsed.searchParams.set("uselibpqcompat", "true");
  parsed.searchParams.set("sslmode", mode === "allow" ? "prefer" : mode);
  try {
    return await connect(parsed, signal);
  } catch (error) {
    const isPlainAllowed = mode === "prefer" || mode === "allow";
    if (!isPlainAllowed || toMessage(error) !== NO_TLS) throw toRefusal(error, parsed, signal);
  }
  parsed.searchParams.set("sslmode", "disable");
  try {
    return await connect(parsed, signal);
  } catch (error) {
    throw toRefusal(error, parsed, signal);
  }
}

function parseUrl(url: unknown): URL {
  const parsed = typeof url === "string" ? tryUrl(url) : undefined;
  if (parsed !== undefined && /^postgres(ql)?:$/.test(parsed.protocol)) return parsed;
  throw expectation("HEX_CELL_FAILED", {
    place: "the URL that readPostgres is given",
    expected: "postgres://user:password@host:5432/database",
    got: url === undefined ? "nothing" : "something else, which is not shown",
    hint: "it is the value of a secret, as secrets.DATABASE_URL; signs such as @ / # % in a password are written as %40 %2F %23 %25",
  });
}

function tryUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    // It is told without its text, which holds a password.
    return undefined;
  }
}

async function connect(url: URL, signal: AbortSignal | undefined): Promise<PostgresSession> {
  const client = new pg.Client({
    connectionString: url.href,
    connectionTimeoutMillis: limitMs(url),
    application_name: url.searchParams.get("application_name") ?? "hex-runtime",
    keepAlive: true,
  });
  // A connection that is lost is told by what waits for its answer.
  client.on("error", () => undefined);
  const opened = client as unknown as OpenClient;
  const onAbort = () => opened.connection.stream.destroy();
  signal?.throwIfAborted();
  signal?.addEventListener("abort", onAbort);
  try {
    await client.connect();
  } catch (error) {
    opened.connection.stream.destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
  return new PostgresSession({
    stream: opened.connection.stream,
    server: serverName(url),
    askToCancel: () => askToCancel(client, opened),
  });
}

function limitMs(url: URL): number {
  const seconds = Number(url.searchParams.get("connect_timeout") ?? Number.NaN);
  return seconds > 0 ? seconds * 1_000 : CONNECT_LIMIT_MS;
}

/** Asks the server, on a connection of its own, to end what the session does; it gives no answer. */
function askToCancel({ host, port }: pg.Client, opened: OpenClient): Promise<void> {
  const connection = new BareConnection({ ssl: opened.ssl });
  return new Promise((resolve) => {
    const ask = () => connection.cancel(opened.processID, opened.secretKey);
    connection.on("connect", () => (opened.ssl ? connection.requestSsl() : ask()));
    connection.on("sslconnect", ask);
    connection.on("error", () => resolve());
    connection.on("end", () => resolve());
    if (host.startsWith("/")) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}

/** The server as messages name it: where it is, and nothing else of the URL. */
function serverName(url: URL): string {
  const host = url.searchParams.get("host") ?? decodeURIComponent(url.hostname);
  return `the PostgreSQL server ${host === "" ? "localhost" : host}:${url.port === "" ? 5432 : url.port}`;
}

function toRefusal(error: unknown, url: URL, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  return refusal(error, serverName(url));
}

function refusal(error: unknown, place: string): HexError {
  const code = codeOf(error);
  const hint = HINTS[code] ?? hintOf(toMessage(error));
  return expectation("HEX_SOURCE_UNAVAILABLE", {
    place,
    expected: "one that lets us in",
    got: reasonOf(error, code),
    ...(hint !== undefined && { hint }),
  });
}

/** The code of a failure, also of several that were met on the way to one host. */
function codeOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return typeof first === "object" && first !== null && "code" in first ? String(first.code) : "";
}

function reasonOf(error: unknown, code: string): string {
  const reason = toMessage(error);
  if (reason === "timeout expired") return "no answer in time";
  // Those of the system name addresses; their codes say the same.
  return /^E[A-Z_]+$/.test(code) ? code : reason;
}

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: are host and port right, and is the server up?",
  ENOTFOUND: "no machine has that name",
  EAI_AGAIN: "the name of the machine cannot be looked up now",
  ETIMEDOUT: "is a firewall in between?",
  "28P01": "user or password of the URL are wrong",
  "28000": "the server's pg_hba.conf has no line that lets this user in from here",
  "3D000": "the last part of the URL's path is the database",
  "53300": "the server has all the connections that it may have",
  "57P03": "it starts or stops now",
};

function hintOf(message: string): string | undefined {
  if (/certificate|self.signed/i.test(message)) {
    return "sslrootcert=FILE in the URL names the authority, sslmode=require asks for no proof";
  }
  return message === NO_TLS ? "sslmode=prefer takes it without" : undefined;
}
