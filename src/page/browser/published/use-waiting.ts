import { useEffect, useState } from "preact/hooks";

/** What takes less than a glance is not shown as something to be waited for. */
const GLANCE_MS = 150;

/**
 * Whether something has been busy for longer than a glance. It is a timer and no delay of a
 * transition, which would have a browser prepare its layers for what is mostly over before it starts.
 */
export function useWaiting(isBusy: boolean): boolean {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    if (!isBusy) return undefined;
    const timer = setTimeout(() => setLong(true), GLANCE_MS);
    return () => {
      clearTimeout(timer);
      setLong(false);
    };
  }, [isBusy]);
  return isBusy && isLong;
}
