import { resolve } from "node:path";
import { HexError } from "../errors.ts";
import { readConfig } from "../project/config.ts";
import { readSecrets } from "../project/secrets.ts";
import { toRedactor } from "../run/redact/redactor.ts";

/**
 * Takes a project's secrets out of what its cells print in this very process, until the function that
 * it gives is called. A project that cannot be read is told of by whoever reads it next.
 */
export async function redactPrinted(folder: string): Promise<() => void> {
  const directory = resolve(folder);
  const secrets = await readConfig(directory, process.env)
    .then((config) => readSecrets(config.secrets, directory, process.env))
    .catch(toNothing);
  if (Object.keys(secrets).length === 0) return () => undefined;
  const redact = toRedactor(secrets).openPrinted();
  const streams = [process.stdout, process.stderr];
  const restores = streams.map((stream, index) =>
    redactWrites(stream, (text) => redact(`${index}`, text)),
  );
  return () => {
    for (const restore of restores) restore();
  };
}

function toNothing(thrown: unknown): Readonly<Record<string, string>> {
  if (thrown instanceof HexError) return {};
  throw thrown;
}

function redactWrites(stream: NodeJS.WriteStream, redact: (text: string) => string): () => void {
  const { write } = stream;
  const writeRedacted = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const [encoding] = rest;
    const isOther = typeof encoding === "string" && !/^utf-?8$/i.test(encoding);
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    // What is no text stays as it is: it would not survive being read as one.
    const told = isOther || text.includes("\ufffd") ? chunk : redact(text);
    return Reflect.apply(write, stream, [told, ...rest]);
  };
  stream.write = writeRedacted as typeof write;
  return () => {
    stream.write = write;
  };
}
