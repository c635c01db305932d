import { expectation, type HexError, toMessage } from "../../errors.ts";
import { MANIFEST_KEY } from "../key.ts";
import { refusedCondition } from "../lease/lease-record.ts";
import type { Sight, WriteAnswer } from "./commit-outcome.ts";

/** Nobody can say whether a version is published. */
export function unknownState(location: string, generation: number, cause: unknown): HexError {
  const answer = cause === undefined ? "no certain answer" : `no answer (${toMessage(cause)})`;
  const told = {
    place: `version ${generation} in ${location}`,
    expected: "either published or refused",
    got: `${answer}: the state of version ${generation} is unknown`,
    hint: "nothing was deleted; `hex versions` tells once the store answers",
  };
  return expectation("HEX_STORE_UNAVAILABLE", told, { cause });
}

/** Others published again and again before we could, or the store never decided. */
export function busyManifest(location: string, tries: number): HexError {
  return expectation("HEX_STORE_UNAVAILABLE", {
    place: `\`${MANIFEST_KEY}\` in ${location}`,
    expected: `free to be replaced within ${tries} tries`,
    got: "another writer each time",
    hint: "run fewer logic runs at once",
  });
}

/** A commit that could be tried again has been tried often enough. */
export function stuckCommit(location: string, answer: WriteAnswer, tries: number): HexError {
  return answer === "undecided" ? busyManifest(location, tries) : refusedCondition(location);
}

/** Somebody else has removed or put back the manifest, or the store breaks its word. */
export function manifestAlarm(location: string, sight: Sight): HexError {
  const got: Partial<Record<Sight, string>> = {
    vanished: "no manifest any more",
    "gone-back": "an older one than before",
  };
  return expectation("HEX_STORE_DAMAGED", {
    place: `\`${MANIFEST_KEY}\` in ${location}`,
    expected: "replaced by newer ones only",
    got: got[sight] ?? "another one than was just written",
    hint: "it was removed or put back by something else, or the store ignores conditions of writes",
  });
}
