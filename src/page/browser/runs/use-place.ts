import { useCallback, useEffect, useState } from "preact/hooks";
import { parsePlace, type RunsPlace, toAddress } from "./runs-place.ts";

/** Goes to a place; `replace` leaves no step to go back to. */
export type Go = (place: RunsPlace, how?: "replace") => void;

/** Where in the runs view the address leads, and how to go elsewhere. */
export function usePlace(): readonly [RunsPlace, Go] {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const onBack = () => setPlace(here());
    addEventListener("popstate", onBack);
    return () => removeEventListener("popstate", onBack);
  }, []);
  const go = useCallback<Go>((next, how) => {
    const address = toAddress(next);
    if (how === "replace") history.replaceState(null, "", address);
    else {
      history.pushState(null, "", address);
      scrollTo(0, 0);
    }
    setPlace(next);
  }, []);
  return [place, go];
}

function here(): RunsPlace {
  return parsePlace(location.pathname, location.search);
}
