import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { parseConfig } from "../../src/project/config.ts";
import { PressClaims } from "../../src/server/page/ask-routes.ts";
import { MemoryStore } from "../fakes/memory-store.ts";

const config = parseConfig({ name: "pressed" }, "/project");

it("does not carry a press out again whose claim something has damaged", async () => {
  const store = new MemoryStore();
  const claims = new PressClaims({ store, config });
  const press = { go: randomUUID() };
  await claims.take(press);
  await claims.take(press);
  const [key = ""] = store.objects.keys();
  for (const text of ["", "null", "{", "7", '{"owner":1}']) {
    await store.write(key, new TextEncoder().encode(text));
    await expect(claims.take(press)).rejects.toMatchObject({ code: "HEX_PRESS_UNKNOWN" });
  }
});
