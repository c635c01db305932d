import { writeFile } from "node:fs/promises";
import { toMessage } from "../../../src/errors.ts";
import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { aroundChanges, signalSelf } from "./around-change.ts";

/**
 * Changes the object `a` once, and signals itself `times` times just before or after the rename that
 * does it; prints what came of it.
 */
const [root = "", operation = "", signal = "", moment = "before", times = "1"] =
  process.argv.slice(2);

let left = Number(times);
const signalOnce = () => {
  if (left-- > 0) signalSelf(signal as NodeJS.Signals);
};
aroundChanges("a", moment === "before" ? { before: signalOnce } : { after: signalOnce });

const own = new TextEncoder().encode("theirs");
const operations: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  write: (store) => store.write("a", own),
  writeFile: (store) => store.writeFile("a", (path) => writeFile(path, own)),
  delete: (store) => store.delete("a"),
  compareAndSet: async (store) => {
    const object = await store.read("a");
    return store.write("a", own, { condition: { ifMatch: object?.etag ?? "" } });
  },
};

try {
  const result = await operations[operation]?.(new DirectoryStore(root));
  process.stdout.write(JSON.stringify(result ?? "done"));
} catch (error) {
  process.stdout.write(JSON.stringify(toMessage(error)));
}
