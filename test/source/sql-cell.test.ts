import { expect, test } from "vitest";
import { toFrame } from "../../src/frame/to-frame.ts";
import { handleName } from "../../src/source/cell-handle.ts";
import { makeProject } from "../fixtures/make-project.ts";

const files = {
  "cells/1-planets.ts":
    'import { cached } from "hex-runtime"; export default cached("p", () => []);',
  "cells/2-year.ts":
    'import { slider } from "hex-runtime"; export default slider({ min: 0, max: 9 });',
  "cells/3-found.sql": "SELECT * FROM Planets WHERE year = $year",
};

const readReferences = async () => ({ tables: ["Planets"], parameters: ["year"] });

test("takes the tables and parameters of a query as the cells it depends on", async () => {
  const { load } = await makeProject(files);
  const { cells } = await load({ readReferences });
  expect(cells[2]).toMatchObject({ kind: "sql", dependencies: ["planets", "year"] });
  expect(cells[2]?.named).toEqual({ Planets: "planets", year: "year" });
});

test("gives a query's definition under the names the query uses", async () => {
  const { load } = await makeProject(files);
  const { kind, dependencies } = await (await load({ readReferences })).load("found");
  expect(kind).toBe("sql");
  expect(handleName(dependencies["Planets"])).toBe("planets");
});

test("does not ask the engine about a query that has not changed", async () => {
  const { load } = await makeProject(files);
  const { cells } = await load({ readReferences });
  const asked = () => Promise.reject(new Error("asked again"));
  expect((await load({ readReferences: asked })).cells).toEqual(cells);
});

test("refuses a query over a table that is no cell", async () => {
  const { load } = await makeProject({ "cells/3-found.sql": "FROM moons" });
  const loading = load({ readReferences: async () => ({ tables: ["moons"], parameters: [] }) });
  await expect(loading).rejects.toThrow(
    'Expected the tables in cells/3-found.sql to be cells of this project, got "moons"',
  );
});

test("runs a query over frames and single values, found by the engine itself", async () => {
  const { load } = await makeProject(files);
  const definition = await (await load()).load("found");
  if (!("compute" in definition)) throw new Error("the query has no function");
  const Planets = [
    { name: "a", year: 1 },
    { name: "b", year: 2 },
  ];
  const frame = toFrame(await definition.compute({ Planets, year: 2 } as never, {} as never));
  expect(frame?.rows()).toEqual([{ name: "b", year: 2 }]);
});

test("names the file of a query that cannot be read", async () => {
  const { load } = await makeProject({ "cells/3-found.sql": "SELEC 1" });
  await expect(load()).rejects.toThrow(/^cells\/3-found.sql: Expected the SQL to be one SELECT/);
});
