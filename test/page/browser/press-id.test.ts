import { expect, test } from "vitest";
import { newPressId } from "../../../src/page/browser/published/page-effects.ts";

test("each press has a random UUID of its own", () => {
  const ids = Array.from({ length: 1_000 }, newPressId);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});
