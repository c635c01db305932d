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

const SERIES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((index) => `--series-${index}`);

// as colours they are read as the one of the two that holds, and not as the text that names both
for (const name of ["--ink", "--ink-soft", "--line", "--edge", "--surface", ...SERIES]) {
  CSS.registerProperty({ name, syntax: "<color>", inherits: true, initialValue: "transparent" });
}

function readTheme(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: read("--ink"),
    inkSoft: read("--ink-soft"),
    line: read("--line"),
    edge: read("--edge"),
    surface: read("--surface"),
    font: read("--font"),
    series: SERIES.map(read),
  };
}
