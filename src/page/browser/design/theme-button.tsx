import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { chooseTheme, currentTheme } from "./theme.ts";

/** Turns the page light or dark. */
export function ThemeButton(): JSX.Element {
  const [theme, setTheme] = useState(currentTheme);
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
