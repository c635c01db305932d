import { createServer } from "node:net";

/** A port of this machine that nothing listens on now; another may take it in between. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("Expected a port");
  return address.port;
}
