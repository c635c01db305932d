import { Handler } from "vega-tooltip";

/** What is told of the mark under the pointer; its styles are in chart.css. */
export function tooltipHandler(): Handler["call"] {
  return new Handler({ disableDefaultStyle: true, theme: "page", formatTooltip }).call;
}

function formatTooltip(value: unknown): string {
  if (typeof value !== "object" || value === null) return escapeHtml(String(value));
  const lines = Object.entries(value).map(([name, each]) => {
    return `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(String(each))}</td></tr>`;
  });
  return `<table><tbody>${lines.join("")}</tbody></table>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
}
