import type { BaseIssue } from "valibot";
import { expectation } from "../errors.ts";

/** Every fault in a config as a sentence of its own, in the order of the file. */
export function toFaults(issues: readonly BaseIssue<unknown>[], file: string): string[] {
  return issues.map((issue) => toSentence(issue, file));
}

function toSentence(issue: BaseIssue<unknown>, file: string): string {
  const key = toKey(issue);
  const isObject = issue.type === "strict_object";
  if (isObject && issue.expected === "never") {
    return expectation("HEX_CONFIG_INVALID", {
      place: `${file}`,
      expected: "without unknown keys",
      got: `\`${key}\``,
      hint: "check the spelling; docs/config.md lists the keys",
    }).message;
  }
  const place = key === "" ? file : `\`${key}\` in ${file}`;
  const expected = isObject ? (key === "" ? "an object" : "given") : issue.message;
  return expectation("HEX_CONFIG_INVALID", { place, expected, got: show(issue.input) }).message;
}

/** The path of a fault as people write it: `schedules[0].cron`. */
function toKey({ path }: BaseIssue<unknown>): string {
  const steps = (path ?? []).map(({ key }) =>
    typeof key === "number" ? `[${key}]` : `.${String(key)}`,
  );
  return steps.join("").replace(/^\./, "");
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
