// Answers with a file as it is stored, and at /up at once.
import { createReadStream } from "node:fs";
import { createServer } from "node:http";

const path = process.argv[2];
const server = createServer(({ url }, response) => {
  if (url === "/up") response.end("up");
  else createReadStream(path, { highWaterMark: 2 ** 20 }).pipe(response);
});
server.listen(0, "127.0.0.1", () => console.log(`ready ${server.address().port}`));
process.once("SIGTERM", () => process.exit(0));
