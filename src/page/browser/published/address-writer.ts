import type { PageEffects } from "./page-effects.ts";

/** Keeps the address of the page at what its inputs are. */
export interface AddressWriter {
  /**
   * Writes a change. All of one gesture (a slider that is dragged, a word that is typed) are one
   * entry of the history: its first change makes the entry, the others only replace its address.
   */
  write(search: string, isFinished: boolean): void;
  /** another address for what is shown, when an input could not be had */
  correct(search: string): void;
  /** ends the gesture, if one goes on: the viewer went elsewhere */
  forget(): void;
}

/** Browsers refuse more than about three changes of the address in a second. */
const CALM_MS = 350;

export function openAddressWriter({ address, after }: PageEffects): AddressWriter {
  let isInGesture = false;
  let stopWaiting: (() => void) | undefined;

  function forget(): void {
    stopWaiting?.();
    stopWaiting = undefined;
    isInGesture = false;
  }

  return {
    write(search, isFinished) {
      stopWaiting?.();
      stopWaiting = undefined;
      if (!isInGesture) {
        if (search !== address.search()) address.write(search, "push");
      } else if (isFinished) address.write(search, "replace");
      else stopWaiting = after(CALM_MS, () => address.write(search, "replace"));
      isInGesture = !isFinished;
    },
    correct(search) {
      if (stopWaiting === undefined) address.write(search, "replace");
    },
    forget,
  };
}
