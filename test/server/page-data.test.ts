import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PageState } from "../../src/page/page-state.ts";
import { hex } from "../cli/hex.ts";
import { until } from "../work/project-processes.ts";
import { serveProject } from "./served-project.ts";

const toReading = (file: string) => `readFileSync(new URL("../${file}", import.meta.url), "utf8")`;
const IMPORTS = `import { readFileSync } from "node:fs";
import { cached, cell } from "hex-runtime";
`;

test("a page asks anew for what light cells show once their data files are others", async () => {
  const { call, directory } = await serveProject({
    cells: {
      "data/light.txt": "one",
      "data/heavy.txt": "one",
      "cells/01-heavy.ts": `${IMPORTS}export default cached("heavy", () => [{ text: ${toReading("data/heavy.txt")} }]);`,
      "cells/02-light.ts": `${IMPORTS}export default cell(() => ${toReading("data/light.txt")});`,
      "cells/03-below.ts": `${IMPORTS}import light from "./02-light.ts";
export default cell({ light }, ({ light }) => light + "!");`,
      "cells/04-apart.ts": `${IMPORTS}export default cell(() => 1);`,
    },
  });
  expect((await hex(["run", "--project", directory])).exitCode).toBe(0);
  const readOutdated = async () => {
    const { cells }: PageState = (await call("GET", "/page/state")).json();
    return cells.filter(({ isOutdated }) => isOutdated).map(({ name }) => name);
  };
  expect(await readOutdated()).toEqual([]);
  await writeFile(join(directory, "data/heavy.txt"), "two");
  await writeFile(join(directory, "data/light.txt"), "two");
  await until("the change to be seen", async () => (await readOutdated()).length > 0);
  expect(await readOutdated()).toEqual(["light", "below"]);
  await writeFile(join(directory, "data/light.txt"), "one");
  await until("the data to be as it was", async () => (await readOutdated()).length === 0);
});
