import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatBytes, formatCount } from "../../../text.ts";
import type { ListedVersion, RolledBack, VersionList } from "../../history-state.ts";
import { fetchJson } from "../server/requests.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";

import { Timestamp } from "./formats.tsx";
import { TableHead } from "./parts.tsx";
import type { Go } from "./place.tsx";
import { FetchState, useFetch } from "./use-fetch.tsx";
import { VersionComparisonView } from "./version-comparison.tsx";
import { VersionTable } from "./version-table.tsx";

const EVERY_MS = 10_000;
const ask = (signal: AbortSignal) => fetchJson<VersionList>("/page/versions", { signal });

interface VersionListProps {
  /** which two are compared; default: the newest two */
  readonly from: number | null;
  readonly to: number | null;
  readonly go: Go;
}

/** The versions, the differences between two of them, and the way back to one. */
export function VersionListView({ from, to, go }: VersionListProps): JSX.Element {
  const fetched = useFetch({ ask, everyMs: EVERY_MS });
  const { answer } = fetched;
  const [target, setTarget] = useState<ListedVersion>();
  const [news, setNews] = useState("");
  const state = <FetchState of={fetched} waiting="Looking up versions…" />;
  if (answer === undefined) return state;
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
      {state}
      <p class="runs-said" role="status">
        {news}
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
        <VersionComparisonView from={compared.from} to={compared.to} />
      )}
      {target !== undefined && (
        <RollBack
          {...{ target, newest }}
          onDone={({ version }) => {
            setNews(
              `Version ${version} is published, with the frames of version ${target.generation}.`,
            );
            go({ view: "versions", from: null, to: null }, "replace");
            fetched.again();
          }}
          onClose={() => setTarget(undefined)}
        />
      )}
    </>
  );
}

function Unpublished({ foreign }: Pick<VersionList, "foreign">): JSX.Element {
  if (foreign.length > 0) return <ForeignTable foreign={foreign} />;
  return (
    <p class="runs-none">
      Nothing is published yet. <code>hex run --context logic</code> publishes the first version.
    </p>
  );
}

interface RollBackProps {
  readonly target: ListedVersion;
  readonly newest: ListedVersion;
  readonly onDone: (done: RolledBack) => void;
  readonly onClose: () => void;
}

/** Goes back to a version, once the viewer knows what that means. */
function RollBack({ target, newest, onDone, onClose }: RollBackProps): JSX.Element {
  const { generation, publishedAt, frames, rows } = target;
  const act = async () => {
    const path = `/page/versions/${generation}/rollback`;
    onDone(await fetchJson<RolledBack>(path, { method: "POST" }));
  };
  return (
    <ConfirmDialog
      title={`Go back to version ${generation}?`}
      confirm={`Publish version ${generation} anew`}
      act={act}
      onClose={onClose}
    >
      <p>
        {`Version ${generation} of `}
        <Timestamp instant={publishedAt} />
        {` (${formatCount(frames, "frame")}, ${formatCount(rows, "row")}) is checked, and published again as version ${newest.generation + 1}.`}
      </p>
      <ul>
        <li>Everybody who has the page open sees them within seconds; no cell runs.</li>
        <li>{`Nothing is removed: version ${newest.generation} stays, and you can go back to it as well.`}</li>
        <li>A run that goes now, or the next schedule, publishes over it as usual.</li>
      </ul>
    </ConfirmDialog>
  );
}

/** Frames that other tools have left in the store and no run has published. */
function ForeignTable({ foreign }: Pick<VersionList, "foreign">): JSX.Element | null {
  if (foreign.length === 0) return null;
  return (
    <table class="runs-table">
      <caption>Written by another tool, and published by no run</caption>
      <TableHead columns={["Frame", "Written", ["Size", "is-number"]]} />
      <tbody>
        {foreign.map(({ frame, writtenAt, sizeBytes }) => (
          <tr key={frame}>
            <td>{frame}</td>
            <td>
              <Timestamp instant={writtenAt} />
            </td>
            <td class="is-number">{formatBytes(sizeBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
