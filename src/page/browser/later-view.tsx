import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Notice } from "./design/notice.tsx";

interface LaterViewProps {
  /** fetches its code */
  readonly load: () => Promise<ComponentType>;
}

/** A view whose code is fetched now. */
export function LaterView({ load }: LaterViewProps): JSX.Element {
  const [loaded, setLoaded] = useState<{ readonly view: ComponentType | null }>();
  useEffect(() => {
    load().then(
      (view) => setLoaded({ view }),
      () => setLoaded({ view: null }),
    );
  }, []);
  if (loaded === undefined) return <main class="page__opening" aria-busy="true" />;
  if (loaded.view === null) {
    return (
      <main class="page__alone">
        <Notice tone="bad" actions={<ReloadButton />}>
          A part of this page could not be fetched. The server may be out of reach, or have been
          updated since the page was opened.
        </Notice>
      </main>
    );
  }
  return <loaded.view />;
}

function ReloadButton(): JSX.Element {
  return (
    <button type="button" class="button" onClick={() => location.reload()}>
      Reload
    </button>
  );
}
