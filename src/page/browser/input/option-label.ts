import type { Option } from "../../../cell/input-widget.ts";

/** The text of an option in a list. */
export function optionLabel(option: Option): string {
  return option === "" ? "(empty)" : String(option);
}

/** The options whose label has a text in it, without regard to case; all of them for none. */
export function findOptions(options: readonly Option[], text: string): readonly Option[] {
  const sought = text.trim().toLowerCase();
  if (sought === "") return options;
  return options.filter((option) => optionLabel(option).toLowerCase().includes(sought));
}

/** The text of all chosen options. */
export function choiceLabel(chosen: readonly Option[], options: readonly Option[]): string {
  if (chosen.length === 0) return "None";
  if (chosen.length === options.length) return `All ${options.length}`;
  return chosen.map(optionLabel).join(", ");
}
