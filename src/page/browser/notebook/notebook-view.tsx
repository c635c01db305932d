import type { JSX } from "preact";

export function NotebookView(): JSX.Element {
  return <main />;
}
