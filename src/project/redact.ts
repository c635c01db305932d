import type { Secrets } from "./secrets.ts";

/** What stands where a secret was. */
const REDACTED = "[SECRET]";

/** Takes secrets out of plain data that somebody will see. */
export type Redact = <Data>(data: Data) => Data;

/** A function that replaces every secret, plain or encoded, in the texts of any plain data. */
export function toRedact(secrets: Secrets): Redact {
  const forms = Object.values(secrets).flatMap(toForms);
  if (forms.length === 0) return (data) => data;
  // Longest first, so that a secret inside another one does not leave the rest of it behind.
  const longestFirst = [...new Set(forms)].sort((left, right) => right.length - left.length);
  const redactText = (text: string) =>
    longestFirst.reduce((rest, form) => rest.replaceAll(form, REDACTED), text);
  return (data) => redactData(data, redactText) as typeof data;
}

/** The ways in which a secret shows up in texts: as it is, in a URL, in base64, in JSON. */
function toForms(secret: string): string[] {
  const base64 = Buffer.from(secret).toString("base64");
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, encodeURIComponent(secret), base64, base64.replace(/=+$/, ""), inJson];
}

function redactData(data: unknown, redactText: (text: string) => string): unknown {
  if (typeof data === "string") return redactText(data);
  if (Array.isArray(data)) return data.map((each) => redactData(each, redactText));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, each]) => [redactText(key), redactData(each, redactText)]),
  );
}
