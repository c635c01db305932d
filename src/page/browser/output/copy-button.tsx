import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

interface CopyButtonProps {
  /** what is copied, for those who hear it: "Copy the rows of Planets" */
  readonly label: string;
  /** the text, and what to say when it is not all of it */
  readonly read: () => Promise<{ readonly text: string; readonly said?: string }>;
}

const SAID_MS = 4000;

/** A button that copies a text and says that it did. */
export function CopyButton({ label, read }: CopyButtonProps): JSX.Element {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (said === "") return undefined;
    const timer = setTimeout(() => setSaid(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);

  async function copy(): Promise<void> {
    try {
      const { text, said: what = "Copied" } = await read();
      await copyText(text);
      setSaid(what);
    } catch {
      setSaid("Not copied: the browser refused it");
    }
  }

  return (
    <span class="copy">
      <span class="copy-said" role="status">
        {said}
      </span>
      <button type="button" class="tool" aria-label={label} onClick={() => void copy()}>
        Copy
      </button>
    </span>
  );
}

/** Puts a text on the clipboard, also where the page was not served over HTTPS. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "off-screen";
  document.body.append(area);
  const focused = document.activeElement;
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!isCopied) throw new Error("Expected the clipboard to take a text, got a refusal");
}
