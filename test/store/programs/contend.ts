import { randomUUID } from "node:crypto";
import { readFileSync, writeSync } from "node:fs";
import { HexError } from "../../../src/errors.ts";
import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import { seededRandom } from "../../fakes/seeded-random.ts";
import { aroundChanges, signalSelf } from "./around-change.ts";

/**
 * Sets the object `a` so many times, deletes it now and then, and stops itself at times just before
 * it changes the file. Each line that it prints is whole, and out before it goes on:
 *
 *   stopped           somebody has to let it go on, or to kill it
 *   set FROM TO       this content was replaced by that one; from `none` it was created
 *   removed FROM      this content was removed
 */
const [root = "", seed = "0", silenceMs = "0", removals = "0", sets = "0"] = process.argv.slice(2);
const store = new DirectoryStore(root, undefined, Number(silenceMs));
const random = seededRandom(Number(seed));
let isRemoving = false;

function tell(line: string): void {
  writeSync(1, `${line}\n`);
}

aroundChanges("a", {
  before: () => {
    if (random() > 0.1) return;
    tell("stopped");
    signalSelf("SIGSTOP");
  },
  after: (content) => {
    if (isRemoving) tell(`removed ${readTaken(content)}`);
  },
});

/** What was removed; others may have gone past and cleared it away already. */
function readTaken(content: string): string {
  try {
    return readFileSync(content, "utf8");
  } catch {
    return "unknown";
  }
}

/** Whether this process set the next number. */
async function isNextSet(): Promise<boolean> {
  const object = await store.read("a");
  const from = object === undefined ? "none" : new TextDecoder().decode(object.body);
  const to = `${(Number.parseInt(from, 10) || 0) + 1}:${randomUUID()}`;
  const condition = object === undefined ? { ifNoneMatch: "*" as const } : { ifMatch: object.etag };
  const { status } = await store.write("a", new TextEncoder().encode(to), { condition });
  if (status === "written") tell(`set ${from} ${to}`);
  return status === "written";
}

/** Under so short a limit a delete may be passed three times; then it has deleted nothing. */
function expectPassed(error: unknown): void {
  if (!(error instanceof HexError) || error.code !== "HEX_STORE_UNAVAILABLE") throw error;
}

for (let count = 0; count < Number(sets); ) {
  isRemoving = random() < Number(removals);
  if (isRemoving) await store.delete("a").catch(expectPassed);
  isRemoving = false;
  if (await isNextSet()) count++;
}
