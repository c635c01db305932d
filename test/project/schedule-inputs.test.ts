import { expect, it } from "vitest";
import { isCellDefinition } from "../../src/cell/cell.ts";
import { slider } from "../../src/cell/input.ts";
import { parseConfig } from "../../src/project/config.ts";
import { checkScheduleInputs, toScheduleInputs } from "../../src/project/inputs.ts";
import type { LoadedCells } from "../../src/source/load-cells.ts";

const speed = slider({ min: 0, max: 10, default: 5 });
const widget = isCellDefinition(speed) && speed.kind === "input" ? speed.widget({}) : undefined;

/** A project with one slider, and a schedule that asks for these inputs. */
function projectWith(inputs: object) {
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
    cells: [{ ...facts, name: "speed", file: "cells/speed.ts", ...(widget ? { widget } : {}) }],
    load: () => Promise.reject(new Error("nothing is loaded")),
    files: [],
    dataFolders: [],
    loadedByNode: "",
    sourcePlace: () => undefined,
  };
  const schedules = [{ name: "nightly", cron: "30 2 * * *", inputs }];
  return { cells, config: parseConfig({ name: "Test", schedules }, "/project") };
}

it("gives what the runs of a schedule ask for", () => {
  const { config } = projectWith({ speed: 7 });
  const [nightly] = config.schedules;
  expect(nightly && [...toScheduleInputs(config, nightly)]).toEqual([
    ["speed", { value: 7, form: "json", place: "`schedules[0].inputs.speed` in hex.config.json" }],
  ]);
});

it("refuses a schedule that asks for an input which is not there", () => {
  expect(() => checkScheduleInputs(projectWith({ sped: 7 }))).toThrow(
    'Expected `schedules[0].inputs.sped` in hex.config.json to be for one of the inputs speed, got "sped"',
  );
});

it("refuses a value that breaks the rule of its input", () => {
  expect(() => checkScheduleInputs(projectWith({ speed: 70 }))).toThrow(
    "Expected `schedules[0].inputs.speed` in hex.config.json to be a number from 0 to 10",
  );
});
