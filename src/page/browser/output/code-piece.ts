import { useEffect, useState } from "preact/hooks";

/** Code that is fetched when it is first needed. */
export interface LoadedCode<Code> {
  /** null until it is here */
  readonly code: Code | null;
  readonly isFailed: boolean;
}

/** A fetch of code, begun once; a failed one is begun again by the next caller. */
class CodeFetch<Code> {
  readonly done: Promise<Code>;
  code: Code | null = null;

  constructor(load: () => Promise<Code>) {
    this.done = load().then((code) => {
      this.code = code;
      return code;
    });
  }
}

/** Code in a piece of its own, which many may wait for. */
export class CodePiece<Code> {
  readonly #load: () => Promise<Code>;
  #fetch: CodeFetch<Code> | undefined;

  constructor(load: () => Promise<Code>) {
    this.#load = load;
  }

  /** what was fetched, or null */
  get code(): Code | null {
    return this.#fetch?.code ?? null;
  }

  fetch(): Promise<Code> {
    this.#fetch ??= new CodeFetch(this.#load);
    const { done } = this.#fetch;
    done.catch(() => {
      this.#fetch = undefined;
    });
    return done;
  }
}

/** The code of a piece, which is fetched at once when it is not here. */
export function useCode<Code>(piece: CodePiece<Code>): LoadedCode<Code> {
  const [state, setState] = useState<LoadedCode<Code>>(() => {
    // before the first paint, so that code and picture come together
    if (piece.code === null) piece.fetch().catch(() => undefined);
    return { code: piece.code, isFailed: false };
  });
  useEffect(() => {
    if (state.code !== null) return undefined;
    let isWanted = true;
    piece.fetch().then(
      (code) => isWanted && setState({ code, isFailed: false }),
      () => isWanted && setState({ code: null, isFailed: true }),
    );
    return () => {
      isWanted = false;
    };
  }, [piece]);
  return state;
}
