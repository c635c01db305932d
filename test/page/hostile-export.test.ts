import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Attack, expectHeld } from "../fixtures/attacks.ts";
import { usePages } from "./open-page.ts";
import { download } from "./page-parts.ts";
import { makeCells, type PageProject } from "./published-project.ts";

const program = inject("chromium");

/*
 * A page in a file is opened from a disk or a mail, with no server that says what it may load: all
 * that keeps hostile data from running is in the file itself.
 */

/** Each sets a mark when it is carried out, or asks for a picture that nobody has. */
const TEXTS = [
  "</script><script>globalThis.executed=1</script>",
  "<!--<script>globalThis.executed=2</script>",
  '"><img src="stolen" onerror="globalThis.executed=3">',
  "<svg onload=globalThis.executed=4>",
  "\u2028globalThis.executed=5\u2029",
  "</title></style></textarea><img src=stolen onerror=globalThis.executed=6>",
  "]]><![CDATA[<img src=stolen onerror=globalThis.executed=7>",
] as const;
const PROSE = `# Prose

[script](javascript:globalThis.executed=20) [data](data:text/html,<script>opener.executed=21</script>)
[file](file:///etc/passwd) <a href="file:///etc/hosts" target=_top>local</a>
[share](//evil.example/share) [neighbour](other.html) [above](../secret.html)

<img src="stolen" onerror="globalThis.executed=22"> <iframe src="file:///etc/passwd"></iframe>
<meta http-equiv="refresh" content="0;url=file:///etc/passwd"> <base href="https://evil.example/">
<form action="https://evil.example/"><button>send</button></form> <link rel=stylesheet href="https://evil.example/x.css">

![picture](https://evil.example/track.png) ![local](file:///etc/passwd)`;
const FORMULAS = ["=1+1", "+1", "-1", "@sum", "\t=1+1", "＝1+1", "a\n=1+1"];

const texts = JSON.stringify(TEXTS);
const cells = {
  "01-prose.md": PROSE,
  "02-rows.ts": `import { cached, frame } from "hex-runtime";
const texts = ${texts};
export default cached("rows", () => frame(texts.map((text) => ({ text, [texts[0]]: text }))), { title: ${JSON.stringify(TEXTS[0])} });`,
  "03-value.ts": `import { cell } from "hex-runtime";
export default cell(() => ${JSON.stringify(TEXTS[1])}, { title: ${JSON.stringify(TEXTS[2])} });`,
  "04-json.ts": `import { cell } from "hex-runtime";
export default cell(() => ({ [${JSON.stringify(TEXTS[0])}]: ${texts} }));`,
  "05-chart.ts": `import { cell, chart } from "hex-runtime";
import rows from "./02-rows.ts";
export default cell({ rows }, ({ rows }) => chart(rows, {
  title: ${JSON.stringify(TEXTS[0])},
  mark: { type: "bar", href: "javascript:globalThis.executed=30" },
  encoding: {
    y: { field: "text", type: "nominal", title: ${JSON.stringify(TEXTS[5])} },
    x: { aggregate: "count" },
    href: { value: "javascript:globalThis.executed=31" },
  },
}));`,
  "06-sheet.ts": `import { cached } from "hex-runtime";
export default cached("sheet", () => ${JSON.stringify(FORMULAS)}.map((formula) => ({ formula })));`,
  "07-choice.ts": `import { dropdown } from "hex-runtime";
export default dropdown({ label: ${JSON.stringify(TEXTS[2])}, options: ${texts} });`,
};

describe.skipIf(program === null)("an exported page of hostile data", () => {
  const pages = usePages(program);
  let project: PageProject;
  let file: string;
  beforeAll(async () => {
    project = await makeCells(cells, {
      name: TEXTS[0],
      page: { title: TEXTS[5], description: PROSE },
    });
    await project.publish();
    file = join(project.directory, "page.html");
    expect(await project.hex("export", "--out", file)).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => project?.remove());

  it("runs nothing, loads nothing and leads nowhere, opened from a disk", async () => {
    const page = await pages.open("about:blank", { expected: /./ });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.getByRole("grid").first().waitFor();
    await page.locator("svg.marks, canvas, [role=graphics-document]").first().waitFor();
    const links = await page
      .locator("a[href], area[href]")
      .evaluateAll((found) =>
        found.map((link) => String((link as unknown as { readonly href: unknown }).href)),
      );
    // The page's own way back to its start.
    const led = links.filter((href) => href !== "file:///");
    const own = pathToFileURL(file).href;
    const others = asked.filter((url) => url !== own && !/^(data|blob):/.test(url));
    const html = await readFile(file, "utf8");
    const policy = /http-equiv="content-security-policy" content="([^"]*)"/i.exec(html)?.[1] ?? "";
    const count = (selector: string) => page.locator(selector).count();
    const csv = await download(page, "Download the rows of sheet as CSV");
    const attacks: Attack[] = [
      [
        "scripts and events in data, names, titles, charts",
        "undefined",
        String(await page.evaluate("globalThis.executed")),
      ],
      ["a title that ends its element", TEXTS[5], await page.title()],
      ["pictures, frames, styles and files that prose names", "", others.join()],
      [
        "links of prose and charts by scripts, data or files",
        "",
        led.filter((href) => /^\s*(javascript|vbscript|data|file):/i.test(href)).join(),
      ],
      [
        "frames, forms, bases and refreshes in prose",
        "0",
        String(await count("iframe, object, embed, base, form[action], meta[http-equiv=refresh]")),
      ],
      [
        "the file's own policy: nothing from elsewhere",
        "true",
        String(/default-src 'none'/.test(policy)),
      ],
      [
        "the file's own policy: no code that stands in text",
        "false",
        String(
          /unsafe-inline|unsafe-eval/.test(/script-src [^;]*/.exec(policy)?.[0] ?? "unsafe-inline"),
        ),
      ],
      [
        "the file's own policy: no form, no base",
        "true",
        String(/form-action 'none'/.test(policy) && /base-uri 'none'/.test(policy)),
      ],
      [
        "formulas in a CSV that is downloaded",
        "0",
        String(toFields(csv).filter((field) => /^\s*[=+\-@＝\t]/.test(field)).length),
      ],
      ["who may write the file", "0", ((await stat(file)).mode & 0o022).toString(8)],
    ];
    expectHeld(attacks);
  });
});

/** The fields of a CSV of one column, without their quotes. */
function toFields(csv: string): readonly string[] {
  return [...csv.matchAll(/"((?:[^"]|"")*)"/g)].map(([, field = ""]) => field);
}
