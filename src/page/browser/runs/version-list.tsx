import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ListedVersion, VersionList as Versions } from "../../history-state.ts";
import { askJson } from "../ask/ask-page.ts";
import { FailureNote } from "./failure-note.tsx";
import { ForeignTable } from "./foreign-table.tsx";
import { RollBack } from "./roll-back.tsx";
import { useAsked } from "./use-asked.ts";
import type { Go } from "./use-place.ts";
import { VersionComparison } from "./version-comparison.tsx";
import { VersionTable } from "./version-table.tsx";

const EVERY_MS = 10_000;
const ask = (signal: AbortSignal) => askJson<Versions>("/page/versions", { signal });

interface VersionListProps {
  /** which two are compared; the newest two unless told */
  readonly from: number | null;
  readonly to: number | null;
  readonly go: Go;
}

/** What was published, what differs between two versions, and the way back to one of them. */
export function VersionList({ from, to, go }: VersionListProps): JSX.Element {
  const { answer, failure, again } = useAsked({ ask, everyMs: EVERY_MS });
  const [target, setTarget] = useState<ListedVersion>();
  const [said, setSaid] = useState("");
  if (answer === undefined) {
    return failure === undefined ? (
      <p class="runs-wait">Looking up versions…</p>
    ) : (
      <FailureNote failure={failure} again={again} />
    );
  }
  const { versions, foreign, mayRollBack } = answer;
  const [newest, before] = versions;
  if (newest === undefined) {
    return <Unpublished foreign={foreign} />;
  }
  const compared = { from: from ?? before?.generation ?? null, to: to ?? newest.generation };
  const choose = (chosen: Partial<typeof compared>) =>
    go({ view: "versions", ...compared, ...chosen }, "replace");
  return (
    <>
      {failure !== undefined && <FailureNote failure={failure} again={again} />}
      <p class="runs-said" role="status">
        {said}
      </p>
      <VersionTable
        {...{ versions, compared, choose, go }}
        onRollBack={mayRollBack ? setTarget : undefined}
      />
      <ForeignTable foreign={foreign} />
      {!mayRollBack && versions.length > 1 && (
        <p class="runs-hint">
          To go back to a version, sign in with a token of the scope <code>admin</code>, or use{" "}
          <code>hex rollback VERSION</code>.
        </p>
      )}
      {compared.from !== null && compared.from !== compared.to && (
        <VersionComparison from={compared.from} to={compared.to} />
      )}
      {target !== undefined && (
        <RollBack
          {...{ target, newest }}
          onDone={({ version }) => {
            setSaid(
              `Version ${version} is published, with the frames of version ${target.generation}.`,
            );
            go({ view: "versions", from: null, to: null }, "replace");
            again();
          }}
          onClose={() => setTarget(undefined)}
        />
      )}
    </>
  );
}

function Unpublished({ foreign }: Pick<Versions, "foreign">): JSX.Element {
  if (foreign.length > 0) return <ForeignTable foreign={foreign} />;
  return (
    <p class="runs-none">
      Nothing is published yet. <code>hex run --context logic</code> publishes the first version.
    </p>
  );
}
