/** A Chromium that runs here without a screen, and what a launch needs. */
export interface ChromiumProgram {
  readonly executablePath: string;
  readonly args: readonly string[];
  /** all of the environment that it gets */
  readonly env: Readonly<Record<string, string>>;
}

declare module "vitest" {
  interface ProvidedContext {
    /**
     * The browser of this run. It is looked for, and on Debian installed, for test files whose own
     * text says `inject("chromium")`, and is null only when there is none to be had.
     */
    chromium: ChromiumProgram | null;
  }
}
