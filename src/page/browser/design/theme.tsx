import type { JSX } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { StillPage } from "../output/still-parts.ts";
import { Icon } from "./icon.tsx";

/** Turns the page light or dark. */
export function ThemeButton(): JSX.Element {
  const isStill = useContext(StillPage) !== null;
  const [theme, setTheme] = useState(isStill ? "light" : currentTheme);
  useEffect(() => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setTheme(currentTheme());
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, []);
  const other = theme === "dark" ? "light" : "dark";
  const toggle = () => {
    chooseTheme(other);
    setTheme(other);
  };
  return (
    <button type="button" class="button button--icon" title={`Show in ${other}`} onClick={toggle}>
      <Icon name={other === "dark" ? "moon" : "sun"} />
      <span class="only-heard">{`Show in ${other}`}</span>
    </button>
  );
}

/** How light the page is: as the viewer's system, unless the viewer chose. */
type Theme = "light" | "dark";

const KEY = "hex-theme";

/** Shows the page as the viewer chose on an earlier visit. */
export function applyStoredTheme(): void {
  const stored = readStored();
  if (stored !== undefined) showTheme(stored);
  window.addEventListener("beforeprint", printLight);
}

/** Paper is white: pictures that are drawn by the theme are drawn anew. */
function printLight(): void {
  const { dataset } = document.documentElement;
  const before = dataset["theme"];
  dataset["theme"] = "light";
  const restore = () => {
    if (before === undefined) delete dataset["theme"];
    else dataset["theme"] = before;
  };
  window.addEventListener("afterprint", restore, { once: true });
}

/** The theme that the page shows now. */
function currentTheme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Shows the page the other way, and remembers that where the browser lets us. */
function chooseTheme(theme: Theme): void {
  showTheme(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // without storage the choice holds until the page is left
  }
}

/** Shows a theme, and lets the server know it: the next page is sent in it. */
function showTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  if (location.protocol === "file:") return;
  // biome-ignore lint/suspicious/noDocumentCookie: Safari and Firefox have nothing else
  document.cookie = `${KEY}=${theme}; Path=/; Max-Age=31536000; SameSite=Strict`;
}

function readStored(): Theme | undefined {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : undefined;
  } catch {
    return undefined;
  }
}
