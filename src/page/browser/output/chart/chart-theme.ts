import { useEffect, useState } from "preact/hooks";

/** The colours and letters of the page, as charts need them. */
export interface ChartTheme {
  readonly ink: string;
  readonly inkSoft: string;
  readonly line: string;
  readonly edge: string;
  readonly surface: string;
  readonly font: string;
  readonly series: readonly string[];
}

/** The page's theme, also when it becomes another. */
export function useChartTheme(): ChartTheme {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    let last = JSON.stringify(theme);
    function look(): void {
      const next = readTheme();
      const text = JSON.stringify(next);
      if (text !== last) setTheme(next);
      last = text;
    }
    const system = matchMedia("(prefers-color-scheme: dark)");
    const chosen = new MutationObserver(look);
    chosen.observe(document.documentElement, { attributes: true });
    system.addEventListener("change", look);
    return () => {
      chosen.disconnect();
      system.removeEventListener("change", look);
    };
  }, []);
  return theme;
}

function readTheme(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const series = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((index) => read(`--series-${index}`));
  return {
    ink: read("--ink"),
    inkSoft: read("--ink-soft"),
    line: read("--line"),
    edge: read("--edge"),
    surface: read("--surface"),
    font: read("--font"),
    series: series.filter((colour) => colour !== ""),
  };
}
