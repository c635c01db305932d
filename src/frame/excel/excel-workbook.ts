/** A workbook as its parts say: its sheets, texts, formats, and where its days begin. */
import zlib from "node:zlib";
import { strFromU8, unzipSync } from "fflate";
import { expectation } from "../../errors.ts";
import { builtInKind, type DateKind, formatKind } from "./excel-formats.ts";
import { readXml } from "./excel-xml.ts";
import { readChecksums } from "./zip-checksums.ts";

/** A sheet of cells. */
export interface WorkbookSheet {
  readonly name: string;
  readonly isHidden: boolean;
  readonly xml: string;
}

/** What is read of a workbook. */
export interface Workbook {
  /** sheets of cells, in the order in which they are shown */
  readonly sheets: readonly WorkbookSheet[];
  /** the texts that cells name by number */
  readonly texts: readonly string[];
  /** for each style of cells what their numbers are */
  readonly kinds: readonly DateKind[];
  /** whether its days are counted from 1904 */
  readonly is1904: boolean;
}

const MOST_PART_BYTES = 2 ** 29;

/**
 * Opens a workbook.
 * @throws {HexError} HEX_DATA_INVALID for another kind of file
 */
export function openWorkbook(bytes: Uint8Array, file: string): Workbook {
  checkFormat(bytes, file);
  const told = readChecksums(bytes);
  const parts = unzipSync(bytes, {
    filter: ({ name, originalSize }) => {
      if (!/\.(?:xml|rels)$/i.test(name)) return name === "xl/workbook.bin";
      if (originalSize > MOST_PART_BYTES) throw new RangeError(`${name} is more than 512 MiB`);
      return true;
    },
  });
  for (const [name, part] of Object.entries(parts)) {
    if (zlib.crc32(part) !== told.get(name))
      throw new RangeError(`${name} is not what its checksum says`);
  }
  if (parts["xl/workbook.bin"]) throw formatError(file, "a binary workbook (.xlsb)", SAVE);
  const byName = new Map(Object.entries(parts).map(([name, part]) => [partName(name), part]));
  const xmlOf = (name: string) => {
    const part = byName.get(partName(name));
    return part === undefined ? undefined : strFromU8(part);
  };
  const xml = xmlOf("xl/workbook.xml");
  if (xml === undefined) throw formatError(file, "a ZIP archive without one", SAVE);
  const { listed, is1904 } = readSheets(xml);
  const related = readRelated(xmlOf("xl/_rels/workbook.xml.rels") ?? "<none/>");
  const sheets = listed.flatMap(({ name, id, isHidden }) => {
    const target = related.sheets.get(id);
    if (target === undefined) return [];
    const own = xmlOf(target);
    if (own === undefined) throw new RangeError(`sheet ${JSON.stringify(name)} is not there`);
    return [{ name, isHidden, xml: own }];
  });
  return {
    sheets,
    is1904,
    texts: readTexts(xmlOf(related.texts) ?? "<none/>"),
    kinds: readKinds(xmlOf(related.styles) ?? "<none/>"),
  };
}

const SAVE = "save it as .xlsx";

function checkFormat(bytes: Uint8Array, file: string): void {
  const first = Buffer.from(bytes.subarray(0, 4)).toString("hex");
  if (first === "504b0304") return;
  if (first === "d0cf11e0") {
    throw formatError(
      file,
      "an old workbook (.xls), or one with a password",
      `${SAVE}, without a password`,
    );
  }
  throw formatError(file, bytes.length === 0 ? "an empty file" : "one of another format", SAVE);
}

function formatError(place: string, got: string, hint: string) {
  return expectation("HEX_DATA_INVALID", {
    place,
    expected: "an Excel workbook (.xlsx)",
    got,
    hint,
  });
}

interface ListedSheet {
  readonly name: string;
  /** of its part among the relations of the workbook */
  readonly id: string;
  readonly isHidden: boolean;
}

function readSheets(xml: string): { listed: readonly ListedSheet[]; is1904: boolean } {
  const listed: ListedSheet[] = [];
  let is1904 = false;
  readXml(xml, {
    open(name, attributeOf) {
      if (name === "workbookPr") is1904 = isTrue(attributeOf("date1904"));
      if (name !== "sheet") return;
      const isHidden = (attributeOf("state") ?? "visible") !== "visible";
      listed.push({ name: attributeOf("name") ?? "", id: attributeOf("r:id") ?? "", isHidden });
    },
  });
  return { listed, is1904 };
}

export function isTrue(text: string | undefined): boolean {
  return text === "1" || text === "true" || text === "on";
}

/** A name of a part without what makes no difference: case, and how its signs are written. */
function partName(name: string): string {
  return new URL(name.replace(/^\/*/, "/"), "file:///").pathname.toLowerCase();
}

/** Where the parts lie that belong to a workbook. */
interface RelatedParts {
  /** those of sheets of cells, by the ids of their relations */
  readonly sheets: ReadonlyMap<string, string>;
  readonly texts: string;
  readonly styles: string;
}

/** The parts that a workbook relates to; texts and styles lie where most writers have them unless told. */
function readRelated(xml: string): RelatedParts {
  const sheets = new Map<string, string>();
  let [texts, styles] = ["xl/sharedStrings.xml", "xl/styles.xml"];
  readXml(xml, {
    open(name, attributeOf) {
      const target = attributeOf("Target");
      if (name !== "Relationship" || target === undefined) return;
      const type = attributeOf("Type") ?? "";
      if (type.endsWith("/worksheet")) sheets.set(attributeOf("Id") ?? "", toPath(target));
      if (type.endsWith("/sharedStrings")) texts = toPath(target);
      if (type.endsWith("/styles")) styles = toPath(target);
    },
  });
  return { sheets, texts, styles };
}

/** The path of a part that a workbook names: from the root, or from its own folder `xl`. */
function toPath(target: string): string {
  return new URL(target, "file:///xl/").pathname;
}

function readTexts(xml: string): string[] {
  const texts: string[] = [];
  const reader = new TextReader();
  readXml(xml, {
    open: (name) => reader.open(name),
    text: (text) => reader.text(text),
    close(name) {
      reader.close(name);
      if (name === "si") texts.push(reader.take());
    },
  });
  return texts;
}

/** Puts a text together from its runs, without the reading aids of Japanese texts. */
export class TextReader {
  #text = "";
  #isText = false;
  #isAid = false;

  open(name: string): void {
    if (name === "rPh") this.#isAid = true;
    if (name === "t") this.#isText = !this.#isAid;
  }

  text(text: string): void {
    if (this.#isText) this.#text += text;
  }

  close(name: string): void {
    if (name === "rPh") this.#isAid = false;
    if (name === "t") this.#isText = false;
  }

  /** The text so far, from which the next begins anew. */
  take(): string {
    const text = plainText(this.#text);
    this.#text = "";
    return text;
  }
}

/** A text with the signs that XML cannot write, such as `_x000D_`, as themselves. */
export function plainText(text: string): string {
  if (!text.includes("_x")) return text;
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => {
    return String.fromCharCode(Number.parseInt(code, 16));
  });
}

/** What numbers are in cells of each style. */
function readKinds(xml: string): DateKind[] {
  const kinds: DateKind[] = [];
  const own = new Map<number, DateKind>();
  let isCells = false;
  readXml(xml, {
    open(name, attributeOf) {
      const id = Number(attributeOf("numFmtId"));
      if (name === "numFmt") own.set(id, formatKind(attributeOf("formatCode") ?? ""));
      if (name === "cellXfs") isCells = true;
      if (name === "xf" && isCells) kinds.push(own.has(id) ? own.get(id) : builtInKind(id));
    },
    close(name) {
      if (name === "cellXfs") isCells = false;
    },
  });
  return kinds;
}
