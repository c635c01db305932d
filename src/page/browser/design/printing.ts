import { options } from "preact";
import { useEffect, useState } from "preact/hooks";

/**
 * Makes the page ready for paper whenever it is printed. A browser waits for no picture, but it lets
 * promises go on before it prints: meanwhile what is drawn after a paint is drawn at once.
 */
export function followPrinting(): void {
  window.addEventListener("beforeprint", () => {
    options.requestAnimationFrame = (effects) => queueMicrotask(effects);
    document.documentElement.dataset["printing"] = "";
    // charts become as wide as the paper; their places are measured after frames only
    window.dispatchEvent(new Event("resize"));
  });
  window.addEventListener("afterprint", () => {
    delete options.requestAnimationFrame;
    delete document.documentElement.dataset["printing"];
    window.dispatchEvent(new Event("resize"));
  });
}

/** Whether the page is being printed. */
export function usePrinting(): boolean {
  const [isPrinting, setPrinting] = useState(false);
  useEffect(() => {
    const begin = () => setPrinting(true);
    const end = () => setPrinting(false);
    window.addEventListener("beforeprint", begin);
    window.addEventListener("afterprint", end);
    return () => {
      window.removeEventListener("beforeprint", begin);
      window.removeEventListener("afterprint", end);
    };
  }, []);
  return isPrinting;
}
