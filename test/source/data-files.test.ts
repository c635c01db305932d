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
      const name = "./hidden.csv";
      const texts = ['new URL("./text.csv", import.meta.url)', import.meta.url];
      export default cell(() => [texts, new URL(name, import.meta.url), new URL("https://a.example/b.csv", import.meta.url)]);`,
  });
  expect(cells[0]?.dataFiles).toEqual([]);
});
