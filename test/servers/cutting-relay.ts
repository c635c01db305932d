import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/**
 * The port of a relay in front of a server, which passes so many pieces of what the first client
 * sends, cuts the connection there, and passes everything after that.
 */
export async function startCuttingRelay(serverUrl: string, pieces: number): Promise<number> {
  let left = pieces;
  let hasCut = false;
  const relay = relayTo(serverUrl, ({ client, server, end }) => {
    server.pipe(client);
    client.on("data", (bytes) => {
      left -= 1;
      if (hasCut || left >= 0) server.write(bytes);
      else {
        hasCut = true;
        end();
      }
    });
  });
  return listen(relay);
}

export interface LosingRelay {
  readonly port: number;
  /** how many answers were lost so far */
  readonly lost: () => number;
}

/** A relay in front of a server that cuts the connection instead of every so manieth piece of an answer. */
export async function startLosingRelay(serverUrl: string, every: number): Promise<LosingRelay> {
  let answers = 0;
  let lost = 0;
  const relay = relayTo(serverUrl, ({ client, server, end }) => {
    client.pipe(server);
    server.on("data", (bytes) => {
      answers += 1;
      if (answers % every !== 0) {
        client.write(bytes);
        return;
      }
      lost += 1;
      end();
    });
  });
  return { port: await listen(relay), lost: () => lost };
}

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  /** cuts both sides */
  readonly end: () => void;
}

/** A relay in front of a server; `pass` decides what of each connection goes through. */
function relayTo(serverUrl: string, pass: (connection: Connection) => void): Server {
  const target = new URL(serverUrl);
  return createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    const end = () => {
      client.destroy();
      server.destroy();
    };
    client.on("error", end).on("close", end);
    server.on("error", end).on("close", end);
    pass({ client, server, end });
  });
}

async function listen(relay: Server): Promise<number> {
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void relay.close());
  const address = relay.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
