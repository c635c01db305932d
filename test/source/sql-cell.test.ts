import { describe, expect, test } from "vitest";
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
  await expect(load()).rejects.toThrow(
    /^cells\/3-found.sql:1:1: Expected the SQL to be one SELECT/,
  );
});

describe("a cached query", () => {
  const header = "-- cached: hours\n-- key: year\n-- max-age: 24h\n-- title: By hour\n";
  const cached = { ...files, "cells/3-found.sql": `${header}${files["cells/3-found.sql"]}` };

  test("is of kind cached, with the options of its comments", async () => {
    const { load } = await makeProject(cached);
    const { cells } = await load({ readReferences });
    expect(cells[2]).toMatchObject({
      kind: "cached",
      frame: "hours",
      keyInputs: ["year"],
      maxAgeMs: 86_400_000,
      title: "By hour",
      dependencies: ["planets", "year"],
    });
  });

  test("gives its definition without reading the query again", async () => {
    const { load } = await makeProject(cached);
    await load({ readReferences });
    const asked = () => Promise.reject(new Error("asked again"));
    const definition = await (await load({ readReferences: asked })).load("found");
    expect(definition).toMatchObject({
      kind: "cached",
      frame: "hours",
      options: { maxAge: "24h" },
    });
  });

  test("hangs on the files that it names, and on what a glob finds", async () => {
    const sql = `-- cached: all
      SELECT * FROM 'data/a.parquet', read_csv('data/parts/*.csv'), 'store:raw/b.parquet'`;
    const { load } = await makeProject({
      "cells/1-all.sql": sql,
      "data/a.parquet": "",
      "data/parts/1.csv": "",
      "data/parts/1.txt": "",
    });
    const { cells, dataFolders } = await load();
    expect(cells[0]?.dataFiles).toEqual(["data/a.parquet", "data/parts/1.csv"]);
    expect(cells[0]?.readsCsv).toBe(true);
    expect(dataFolders).toEqual(["data/parts"]);
  });

  test("reads files of the project's folder, wherever the process runs", async () => {
    const { load } = await makeProject({
      "cells/1-all.sql": "-- cached: all\n-- title: All\nFROM 'data/x.csv'",
      "data/x.csv": "code\n007\n",
    });
    const definition = await (await load()).load("all");
    if (!("compute" in definition)) throw new Error("the query has no function");
    const frame = toFrame(await definition.compute({} as never, {} as never));
    expect(frame?.rows()).toEqual([{ code: "007" }]);
  });

  test("fails at its line and column", async () => {
    const { load } = await makeProject({
      "cells/1-all.sql": "-- cached: all\nSELECT 'é' AS e,\n  colour\nFROM 'data/x.csv'",
      "data/x.csv": "color\nred\n",
    });
    const definition = await (await load()).load("all");
    if (!("compute" in definition)) throw new Error("the query has no function");
    const computing = definition.compute({} as never, {} as never);
    await expect(computing).rejects.toThrow(
      /^cells\/1-all.sql:3:3: Binder Error: Referenced column "colour" not found.*"color"/,
    );
  });
});
