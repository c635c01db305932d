import { createClient } from "hex-runtime/client";
import { expectTypeOf, test } from "vitest";
import type { Project } from "../client/served-project.d.ts";

const client = createClient<Project>({ baseUrl: "http://127.0.0.1:8787", projectId: "id" });

test("inputs have the types of their widgets, and no others are taken", () => {
  expectTypeOf(client.run).parameter(0).toEqualTypeOf<Partial<Project["inputs"]> | undefined>();
  // @ts-expect-error the amount is a number
  void (() => client.run({ amount: "3" }));
  // @ts-expect-error there is no such input
  void (() => client.run({ other: 1 }));
});

test("outputs have the types of what cells showed", () => {
  const run = client.find("id");
  expectTypeOf(run.output<"numbers">).returns.resolves.toEqualTypeOf<
    readonly { readonly number: number | null }[]
  >();
  // @ts-expect-error there is no such cell
  void (() => run.output("other"));
});

test("a project of which nothing is declared takes and gives anything", () => {
  const any = createClient({ baseUrl: "http://127.0.0.1:8787", projectId: "id" });
  expectTypeOf(any.find("id").output("whatever")).resolves.toBeUnknown();
});
