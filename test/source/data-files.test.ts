import { expect, test } from "vitest";
import { loadProject, makeProject } from "../fixtures/make-project.ts";

const importCell = 'import { cell } from "hex-runtime";';

test("knows the files that a cell names beside its own", async () => {
  const { cells } = await loadProject({
    "1-one.ts": `${importCell}
      const place: URL = new URL("../data/one.csv", import.meta.url);
      const other = new URL(
        './two.csv',
        import.meta.url,
      );
      export default cell(() => [place, other, new URL(\`../data/one.csv\`, import.meta.url)]);`,
    "2-text.md": "No code",
  });
  expect(cells.map(({ dataFiles }) => dataFiles)).toEqual([["cells/two.csv", "data/one.csv"], []]);
});

test("knows the files that an imported file names, from where that file lies", async () => {
  const { load } = await makeProject({
    "cells/1-one.ts": `${importCell} import { place } from "../lib/place.ts"; export default cell(() => place);`,
    "lib/place.ts": 'export const place = new URL("near.csv", import.meta.url);',
  });
  expect((await load()).cells[0]?.dataFiles).toEqual(["lib/near.csv"]);
});

test("takes no text, no address on the web and no name that is not written out for a file", async () => {
  const { cells } = await loadProject({
    "1-one.ts": `${importCell}
      // new URL("./comment.csv", import.meta.url)
      const name = process.env.PLACE ?? "hidden.csv";
      const texts = ['new URL("./text.csv", import.meta.url)', import.meta.url];
      export default cell(() => [texts, new URL(name, import.meta.url), new URL("https://a.example/b.csv", import.meta.url)]);`,
  });
  expect(cells[0]?.dataFiles).toEqual([]);
});

test("knows the files whose names are written out in other ways", async () => {
  const { load } = await makeProject({
    "data/a.csv": "1",
    "data/b.csv": "2",
    "data/days/one.csv": "3",
    "cells/near.csv": "4",
    "cells/1-one.ts": `${importCell}
      import { readFileSync as read } from "node:fs";
      import { dirname, join } from "node:path";
      import { fileURLToPath } from "node:url";
      const root = new URL("../", import.meta.url);
      const here = dirname(fileURLToPath(import.meta.url));
      export default cell(() => [
        read("data/a.csv"), read(join("data", "b.csv")), readdir("./data/days"),
        read(join(here, "near.csv")), read("none/of/these"), { "data/key.csv": 1 },
      ]);`,
  });
  const [cell] = (await load()).cells;
  const named = ["cells/near.csv", "data/a.csv", "data/b.csv", "data/days/one.csv"];
  // The project's own folder is named, too: all of its files count.
  expect(cell?.dataFiles).toEqual(expect.arrayContaining(named));
});

test("takes a text for a file only when there is one, also when it comes later", async () => {
  const { load, write } = await makeProject({
    "cells/1-one.ts": `${importCell} export default cell(() => [read("data/a.csv"), "text/csv", "a word"]);`,
  });
  expect((await load()).cells[0]?.dataFiles).toEqual([]);
  await write("data/a.csv", "1");
  expect((await load()).cells[0]?.dataFiles).toEqual(["data/a.csv"]);
});

test("does not take what a cell writes for its data", async () => {
  const { load } = await makeProject({
    "mails.log": "",
    "data/a.csv": "1",
    "data/out.csv": "1",
    "data/copy.csv": "1",
    "cells/1-one.ts": `${importCell}
      const log = new URL("../mails.log", import.meta.url);
      export default cell(() => {
        fs.appendFileSync(log, "SENT");
        writeFileSync("data/out.csv", read("data/a.csv"));
        copyFileSync("data/a.csv", "data/copy.csv");
        return read(log);
      });`,
  });
  expect((await load()).cells[0]?.dataFiles).toEqual(["data/a.csv"]);
});

test("takes what a program's command names for a cell's data, but not the file that it writes", async () => {
  const { load } = await makeProject({
    "heavy.R": "",
    "data/in.csv": "1",
    "data/out.csv": "1",
    "cells/1-one.ts": `${importCell}
      export default cell((_values, context) =>
        fromCommand(["Rscript", "heavy.R", "--from=data/in.csv", "data/out.csv"], {
          format: "csv",
          output: "data/out.csv",
          context,
        }),
      );`,
  });
  expect((await load()).cells[0]?.dataFiles).toEqual(["data/in.csv"]);
});

test("a named folder stands for the files in it, without what is kept, installed or git's", async () => {
  const { load } = await makeProject({
    "cells/1-one.ts": `${importCell} export default cell(() => new URL("..", import.meta.url));`,
    "data/deep/a.csv": "1",
    "node_modules/x/index.js": "",
    ".git/HEAD": "",
    ".hex/runs/one.json": "{}",
  });
  const { cells, dataFolders } = await load();
  expect(cells[0]?.dataFiles).toEqual(["cells/1-one.ts", "data/deep/a.csv"]);
  expect(dataFolders).toEqual([".", "cells", "data", "data/deep"]);
});

test("leaves what a cell writes out of the folders that it names and watches", async () => {
  const { load } = await makeProject({
    "data/a.csv": "1",
    "data/out.csv": "1",
    "cells/1-one.ts": `${importCell}
      export default cell(() => write(new URL("../data/", import.meta.url)), { watch: ["data/*"] });
      function write(folder) { fs.writeFileSync("data/out.csv", ""); return folder; }`,
  });
  expect((await load()).cells[0]?.dataFiles).toEqual(["data/a.csv"]);
});

test("never goes through a folder above the project", async () => {
  const { cells } = await loadProject({
    "1-one.ts": `${importCell} export default cell(() => new URL("../..", import.meta.url));`,
  });
  expect(cells[0]?.dataFiles).toEqual([]);
});

test("watches the files that globs of a cell match, new ones too", async () => {
  const { load, write } = await makeProject({
    "model/a.bin": "1",
    "model/deep/b.bin": "1",
    "model/notes.txt": "1",
    "cells/1-one.ts": `import { cached } from "hex-runtime";
      export default cached("one", () => [], { watch: ["model/**/*.bin", "settings.yaml"] });`,
    "cells/2-two.ts": `${importCell} export default cell(() => 1, { watch: ["model"] });`,
  });
  const { cells, dataFolders } = await load();
  expect(cells.map(({ dataFiles }) => dataFiles)).toEqual([
    ["model/a.bin", "model/deep/b.bin", "settings.yaml"],
    ["model/a.bin", "model/deep/b.bin", "model/notes.txt"],
  ]);
  expect(dataFolders).toEqual(["model", "model/deep"]);
  await write("model/new/c.bin", "1");
  expect((await load()).cells[0]?.dataFiles).toContain("model/new/c.bin");
});

test.each([["../above/**"], ["/absolute/*"], [3], ["a/../../b"]])(
  "refuses %j as a glob, which does not stay in the project",
  async (glob) => {
    const reading = loadProject({
      "1-one.ts": `${importCell} export default cell(() => 1, { watch: [${JSON.stringify(glob)}] });`,
    });
    await expect(reading).rejects.toThrow(
      'Expected watch in cells/1-one.ts to be a list of globs below the project\'s folder, such as "model/**", got',
    );
  },
);
