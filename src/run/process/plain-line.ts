/** What a terminal or a reader of logs would take for a command, a new line or another order. */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The longest line a log keeps, in UTF-16 units. */
export const LONGEST_LINE = 8 * 1024;

const CUT = " … (cut)";

/** A text as one line of a log: control characters are made visible, what is too long is cut. */
export function toPlainLine(text: string): string {
  // What is escaped grows; the rest of a text that is far too long is not even looked at.
  const plain = text.slice(0, LONGEST_LINE + 1).replace(UNSEEN, toVisible);
  return plain.length > LONGEST_LINE ? `${plain.slice(0, LONGEST_LINE - CUT.length)}${CUT}` : plain;
}

function toVisible(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  const code = character.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
}
