import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { frameToCsv } from "../../src/frame/csv/write/csv-write.ts";
import { DIALECTS } from "../frame/csv-dialects.ts";
import { withFolder } from "../frame/with-folder.ts";
import { CSV_KINDS, csvOf, frameOf, typesOf } from "./csv-kinds.ts";
import { leftOver, type SeenByReaders, toldTable } from "./told-table.ts";
import {
  COMMON_TABLE,
  GERMAN_SETTINGS,
  pythonProgram,
  rProgram,
  spreadsheet,
  WHOLE_TABLE,
} from "./tool-programs.ts";

const docs = readFileSync(new URL("../../docs/csv.md", import.meta.url), "utf8");
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const VENV = ".cache/readers-venv";
const PYTHON = `${VENV}/bin/python`;
/** `npm run test:readers`: Python's readers are installed, and none may be left out. */
const isAll = process.env["HEX_TEST_READERS"] === "all";

describe("the CSV that other tools are tried with is what we write", () => {
  test.each(Object.entries(CSV_KINDS))("%s", (_, kind) => {
    expect(Buffer.from(frameToCsv(frameOf(kind))).toString()).toBe(csvOf(kind));
  });
});

describe("what other tools see is what docs/csv.md says", () => {
  beforeAll(() => {
    if (!isAll || existsSync(PYTHON)) return;
    execFileSync("python3", ["-m", "venv", VENV]);
    const install = ["-m", "pip", "install", "--quiet", "--requirement", here("requirements.txt")];
    execFileSync(PYTHON, install);
  }, 600_000);

  const python = (reader: string) => ({ reader, command: PYTHON, program: here("readers.py") });
  const r = (reader: string) => ({ reader, command: "Rscript", program: here("readers.R") });

  test.for([
    ...["pandas", "pandas + pyarrow", "polars", "pyarrow", "DuckDB"].map(python),
    ...["ClickHouse", "csvkit", "Miller"].map(python),
    ...["readr", "R read.csv", "fread"].map(r),
  ])("$reader", ({ reader, command, program }, { skip }) => {
    if (!isAll) skip("other tools are asked by `npm run test:readers`");
    return withFolder(async (folder) => {
      for (const [id, kind] of Object.entries(CSV_KINDS)) {
        await writeFile(`${folder}/${id}.csv`, csvOf(kind));
        await writeFile(`${folder}/${id}.types.json`, JSON.stringify(typesOf(kind)));
      }
      const output = execFileSync(command, [program, folder, reader], { stdio: "pipe" });
      const seen: SeenByReaders = JSON.parse(output.toString());
      expect(columnOf(docs, reader)).toEqual(columnOf(toldTable(seen), reader));
      expect(leftOf(reader)).toBe(leftOver(seen, reader));
    });
  });
});

describe("other tools write CSV as the tests of reading it have them write", () => {
  const run = (command: string, args: readonly string[]) => {
    if (isAll) execFileSync(command, args, { stdio: "pipe" });
  };
  const python = (tool: "pandas" | "polars" | "DuckDB") => ({
    tool,
    table: WHOLE_TABLE,
    write: (path: string) => run(PYTHON, ["-c", pythonProgram(tool, path)]),
  });
  const calc = (tool: keyof typeof DIALECTS, options: string) => ({
    tool,
    table: COMMON_TABLE,
    write: (path: string) => {
      const sheet = path.replace(/csv$/, "fods");
      const home = `-env:UserInstallation=file://${dirname(path)}/profile`;
      writeFileSync(sheet, spreadsheet());
      if (tool === "LibreOffice in German") {
        mkdirSync(`${dirname(path)}/profile/user`, { recursive: true });
        writeFileSync(`${dirname(path)}/profile/user/registrymodifications.xcu`, GERMAN_SETTINGS);
      }
      const filter = `csv:Text - txt - csv (StarCalc):${options}`;
      run("soffice", [
        home,
        "--headless",
        "--convert-to",
        filter,
        "--outdir",
        dirname(path),
        sheet,
      ]);
    },
  });
  const r = {
    tool: "R" as const,
    table: COMMON_TABLE,
    write: (path: string) => run("Rscript", ["-e", rProgram(path)]),
  };

  test.for([
    ...(["pandas", "polars", "DuckDB"] as const).map(python),
    r,
    // The numbers: delimiter, quote, UTF-8, first line, formats, language, quote all texts, as shown.
    calc("LibreOffice", "44,34,76,1,,1033,false,true,true"),
    calc("LibreOffice in German", "59,34,76,1,,1031,false,true,true"),
  ])("$tool", ({ tool, table, write }, { skip }) => {
    if (!isAll) skip("other tools are asked by `npm run test:readers`");
    return withFolder(async (folder) => {
      write(`${folder}/t.csv`);
      const written = readFileSync(`${folder}/t.csv`, "utf8");
      expect(written).toBe(DIALECTS[tool].write(table).csv);
    });
  });
});

/** What the table says of a reader: the name of each kind, and the cell. */
function columnOf(table: string, reader: string): [string, string][] {
  const lines = table.split("\n").map((line) => line.split(" | ").map((cell) => cell.trim()));
  const start = lines.findIndex(([first]) => first === "| column");
  const index = lines[start]?.findIndex((name) => name.replace(/ \|$/, "") === reader) ?? -1;
  const rows = lines.slice(start + 2, start + 2 + Object.keys(CSV_KINDS).length);
  return rows.map((cells) => [cells[0] ?? "", (cells[index] ?? "").replace(/ \|$/, "")]);
}

/** What the second table says that a reader still sees otherwise. */
function leftOf(reader: string): string | undefined {
  const line = docs.split("\n").find((text) => text.startsWith(`| ${reader} | \``));
  return line?.slice(0, -" |".length).split(" | ").at(-1);
}
