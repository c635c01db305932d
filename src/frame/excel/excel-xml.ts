/// <reference path="./saxen.d.ts" />
/** The elements of an XML part of a workbook, one after the other. */
import { Parser } from "saxen";

/** The attributes of an element. */
export type AttributeOf = (name: string) => string | undefined;

/** What is told of an XML text; names are without the prefix of their namespace. */
export interface XmlListener {
  open?(name: string, attributeOf: AttributeOf): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** Reads an XML text. @throws {RangeError} when it is none */
export function readXml(xml: string, listener: XmlListener): void {
  let fault: Error | undefined;
  const parser = new Parser();
  parser.on("openTag", (tag, attributes, decode) => {
    let all: Record<string, string> | undefined;
    listener.open?.(localName(tag), (name) => {
      all ??= attributes();
      const value = Object.hasOwn(all, name) ? all[name] : undefined;
      return value === undefined ? undefined : decode(value);
    });
  });
  if (listener.text) {
    parser.on("text", (text, decode) => listener.text?.(decode(text)));
    parser.on("cdata", (text) => listener.text?.(text));
  }
  parser.on("closeTag", (tag) => listener.close?.(localName(tag)));
  parser.on("error", (error) => {
    fault ??= error;
  });
  parser.parse(xml);
  if (fault !== undefined) throw new RangeError(`its XML is damaged: ${fault.message}`);
}

function localName(tag: string): string {
  const colon = tag.indexOf(":");
  return colon < 0 ? tag : tag.slice(colon + 1);
}
