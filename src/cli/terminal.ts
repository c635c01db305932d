import type { CommandFlags } from "./command.ts";

/*
 * All that the commands print goes through here. It may hold what others wrote: data, names, errors,
 * logs, and objects of the store. None of it may steer the terminal of the reader.
 */

/** Prints text for a person. */
export function say(text: string): void {
  console.log(toShownText(text));
}

/**
 * Prints a warning or failure for a person, where it does not get into what is piped on. Of several
 * lines all but the first are set in, so that none passes for another message.
 */
export function warn(text: string): void {
  console.error(toShownText(text).replace(/\n(?=\S)/g, "\n  "));
}

/** Prints data for a program. */
export function sayJson(value: object): void {
  console.log(toShownJson(value, 2));
}

/** Prints a command's result: as JSON with `--json`, otherwise as text, of which there may be none. */
export function sayResult(
  { json }: Pick<CommandFlags, "json">,
  data: object,
  toText: () => string,
): void {
  const text = json === true ? toShownJson(data, 2) : toShownText(toText());
  if (text !== "") console.log(text);
}

/** JSON that reads back the same, and in which no character acts upon a terminal. */
export function toShownJson(value: object, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(UNSEEN, (character) =>
    character === "\n" ? character : toEscape(character),
  );
}

/** A text whose control characters can be seen; lines and tabs stay. */
function toShownText(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(UNSEEN, (character) => (KEPT.has(character) ? character : toEscape(character)));
}

/** A text that cannot begin another line, so that what follows it is not taken for ours. */
export function toShownWord(text: string): string {
  return toShownText(text).replace(/[\n\t]/g, (character) => (character === "\n" ? "\\n" : "\\t"));
}

const KEPT: ReadonlySet<string> = new Set(["\n", "\t"]);

/** Commands to a terminal, ends of lines, and signs that change the order in which others are shown. */
const UNSEEN =
  /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

function toEscape(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("");
}
