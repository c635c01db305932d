import { expect, test } from "vitest";
import { renderDeclarations } from "../../src/project/declarations.ts";

test("declares the columns of published frames with the types of their values", () => {
  const text = renderDeclarations(
    new Map([
      [
        "planets/planet_data",
        [
          { name: "method", type: "string" },
          { name: "mass", type: "number" },
          { name: 'odd "name"', type: "instant" },
        ],
      ],
    ]),
  );
  expect(text).toBe(`// Written by \`hex run --context logic\`: the columns of the published frames.
import "hex-runtime";
declare module "hex-runtime" {
  interface PublishedFrames {
    "planets/planet_data": {
      readonly "method": string | null;
      readonly "mass": number | null;
      readonly "odd \\"name\\"": Date | null;
    };
  }
}
`);
});
