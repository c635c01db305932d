import { describe, expect, it } from "vitest";
import { isCellDefinition } from "../../src/cell/cell.ts";
import { slider } from "../../src/cell/input.ts";
import { parseConfig } from "../../src/project/config.ts";
import { toInputs } from "../../src/project/inputs.ts";
import type { LoadedCells } from "../../src/source/load-cells.ts";

const speed = slider({ min: 0, max: 10, default: 5 });
const widget = isCellDefinition(speed) && speed.kind === "input" ? speed.widget({}) : undefined;

/** A project with a slider whose definition is known and a dropdown whose definition hangs on data. */
function inputsOf(configured: object, flags: Readonly<Record<string, string>>) {
  const facts = {
    kind: "input",
    dependencies: [],
    named: {},
    hash: "",
    codeHash: "",
    ownCode: "",
    dataFiles: [],
    readsCsv: false,
  } as const;
  const cells: LoadedCells = {
    cells: [
      { ...facts, name: "speed", file: "cells/speed.ts", ...(widget ? { widget } : {}) },
      { ...facts, name: "method", file: "cells/method.ts" },
    ],
    load: () => Promise.reject(new Error("nothing is loaded")),
    files: [],
    dataFolders: [],
    loadedByNode: "",
    sourcePlace: () => undefined,
  };
  const config = parseConfig({ name: "Test", inputs: configured }, "/project");
  const asked = Object.entries(flags).map(
    ([name, value]) => [name, { value, form: "text", place: `--input ${name}` }] as const,
  );
  const inputs = toInputs({ cells, config }, new Map(asked));
  return Object.fromEntries([...inputs].map(([name, { value }]) => [name, value]));
}

describe("the inputs of a run", () => {
  it("come from the request, or else from the config, or else from the cell", () => {
    expect(inputsOf({}, {})).toEqual({});
    expect(inputsOf({ speed: 7 }, {})).toEqual({ speed: 7 });
    expect(inputsOf({ speed: 7 }, { speed: "8" })).toEqual({ speed: 8 });
  });

  it("keep the text of an input whose rule is known only when data is", () => {
    expect(inputsOf({}, { method: "Transit" })).toEqual({ method: "Transit" });
  });

  it("are refused when no input has the name, wherever it was said", () => {
    expect(() => inputsOf({ sped: 7 }, {})).toThrow(
      'Expected `inputs.sped` in hex.config.json to be for one of the inputs speed, method, got "sped"',
    );
  });
});
