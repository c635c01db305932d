import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { frame } from "../../../src/frame/rows.ts";
import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import { publish } from "../../../src/store/publication.ts";

/**
 * Publishes the named frames of one run again and again, and tells each success as
 * `<number> <run id>`, until a number is reached. Told to wait, it begins once something is said to
 * it.
 */
const [root = "", last = "0", names = "a,b", begins = "at-once"] = process.argv.slice(2);
const store = new DirectoryStore(root);
if (begins === "when-told") {
  process.stdout.write("ready\n");
  await once(process.stdin, "data");
  process.stdin.destroy();
}
for (let number = 0; number < Number(last); ) {
  const runId = randomUUID();
  const rows = Array.from({ length: 40 }, (_, row) => ({ run: runId, row }));
  const staged = { frame: frame(rows), cell: "cell", codeHash: "hash" };
  const computed = { ...staged, computedAt: new Date().toISOString() };
  number = await publish(store, {
    runId,
    attempt: 1,
    context: "logic",
    inputs: {},
    codeHash: "hash",
    frames: new Map(names.split(",").map((name) => [name, computed])),
    keepVersions: 10,
    keepMs: 0,
  });
  process.stdout.write(`${number} ${runId}\n`);
}
