import type { JSX } from "preact";

/** Paths on a field of 16 by 16, drawn with a line. */
const PATHS = {
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 .8v1.6M8 13.6v1.6M.8 8h1.6M13.6 8h1.6M2.9 2.9l1.1 1.1M12 12l1.1 1.1M2.9 13.1 4 12M12 4l1.1-1.1",
  moon: "M13.6 9.6A6 6 0 0 1 6.4 2.4a6 6 0 1 0 7.2 7.2Z",
  refresh: "M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.5V4.4H10.6",
  close: "m4 4 8 8M12 4l-8 8",
  check: "m3 8.5 3.2 3.2L13 4.8",
  alert: "M8 1.8 15 14H1L8 1.8ZM8 6.2v3.6M8 11.7v.4",
  info: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM8 7.2v4M8 4.6V5",
  chevron: "m4 6 4 4 4-4",
} as const;

export type IconName = keyof typeof PATHS;

/** A small picture beside words, or on a button that has a name of its own. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
