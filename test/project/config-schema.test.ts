import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { expect, test } from "vitest";
import { configKeys } from "../../src/project/config-keys.ts";
import { StoreSpec } from "../../src/store/location.ts";

test("the JSON Schema for editors says what the rules of hex.config.json say", async () => {
  const { store, ...others } = configKeys.entries;
  const rules = v.strictObject({
    ...others,
    store: v.optional(v.union([v.string(), StoreSpec]), store.default),
  });
  // What JSON Schema cannot say, such as checks by code, the command itself still refuses.
  const schema = toJsonSchema(rules, { errorMode: "ignore", typeMode: "input" });
  const text = `${JSON.stringify({ title: "hex.config.json", ...schema }, null, 2)}\n`;
  // After a change of the rules: `npx vitest -u`. CI compares and never writes.
  await expect(text).toMatchFileSnapshot("../../hex.config.schema.json");
});
