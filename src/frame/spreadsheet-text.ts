const FORMULA = /^[=+\-@＝＋－＠]/;

/**
 * A text that no spreadsheet takes for a formula: an apostrophe before it where it, or a line in it,
 * begins as one. For files that people open there; what is read back by programs stays exact.
 */
export function toSpreadsheetText(text: string): string {
  return text.split(/[\r\n]/).some(isFormula) || text.startsWith("\r") ? `'${text}` : text;
}

/** Spreadsheets pass over spaces; a tab begins a new field in some of them. */
function isFormula(line: string): boolean {
  return line.startsWith("\t") || FORMULA.test(line.trimStart());
}
