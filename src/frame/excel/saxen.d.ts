/** The part of the XML parser that is used; it ships no types. */
declare module "saxen" {
  type Decode = (text: string) => string;

  export class Parser {
    on(
      name: "openTag",
      hook: (tag: string, attributes: () => Record<string, string>, decode: Decode) => void,
    ): this;
    on(name: "closeTag", hook: (tag: string) => void): this;
    on(name: "text", hook: (text: string, decode: Decode) => void): this;
    on(name: "cdata", hook: (text: string) => void): this;
    on(name: "error", hook: (error: Error) => void): this;
    parse(xml: string): this;
  }
}
