import type { JSX } from "preact";
import { formatBytes, formatCount } from "../../../text.ts";
import type { ListedVersion } from "../../history-state.ts";
import { formatAgo, formatValue, Timestamp } from "./formats.tsx";
import { TableHead } from "./parts.tsx";
import { type Go, PlaceLink } from "./place.tsx";

interface VersionTableProps {
  readonly versions: readonly ListedVersion[];
  readonly compared: { readonly from: number | null; readonly to: number };
  readonly choose: (chosen: { readonly from?: number; readonly to?: number }) => void;
  readonly go: Go;
  /** undefined where the viewer may not go back */
  readonly onRollBack: ((version: ListedVersion) => void) | undefined;
}

/** The versions in rows, two of which are chosen to be compared. */
export function VersionTable({ versions, ...rest }: VersionTableProps): JSX.Element {
  const isAlone = versions.length === 1;
  return (
    <table class="runs-table">
      <caption class="only-heard">Versions, the newest first</caption>
      <TableHead
        columns={[
          ...(isAlone ? [] : ["From", "To"]),
          ...["Version", "Published"],
          ["Run", "is-wide"],
          ["Holds", "is-number is-wide"],
          ["Code", "is-wide"],
          ["Inputs", "is-wide"],
          isAlone || rest.onRollBack === undefined
            ? undefined
            : [<span class="only-heard">Go back</span>, "is-wide"],
        ]}
      />
      <tbody>
        {versions.map((version) => (
          <VersionRow key={version.generation} {...rest} {...{ version, isAlone }} />
        ))}
      </tbody>
    </table>
  );
}

interface VersionRowProps extends Omit<VersionTableProps, "versions"> {
  readonly version: ListedVersion;
  readonly isAlone: boolean;
}

function VersionRow({ version, isAlone, compared, choose, go, onRollBack }: VersionRowProps) {
  const { generation, isNewest, publishedAt, publishedBy, note, runId } = version;
  const { context, codeHash, inputs, frames, rows, sizeBytes } = version;
  const holds = `${formatCount(frames, "frame")}, ${formatCount(rows, "row")}`;
  return (
    <tr class={isNewest ? "is-current" : ""}>
      {!isAlone &&
        (["from", "to"] as const).map((name) => (
          <td key={name} class="runs-version-choice">
            <input
              type="radio"
              name={`compare-${name}`}
              aria-label={`Compare ${name} version ${generation}`}
              checked={compared[name] === generation}
              onChange={() => choose({ [name]: generation })}
            />
          </td>
        ))}
      <th scope="row">
        {generation}
        {isNewest && <span class="runs-version-current">current</span>}
      </th>
      <td>
        <Timestamp instant={publishedAt} />
        <span class="runs-ago">{formatAgo(Date.now() - Date.parse(publishedAt))}</span>
        {note !== null && <span class="runs-version-note">{note}</span>}
        <span class="is-narrow">{`${holds}, ${formatBytes(sizeBytes)}`}</span>
        {onRollBack !== undefined && !isAlone && (
          <span class="is-narrow">
            <GoBack {...{ version, onRollBack }} />
          </span>
        )}
      </td>
      <td class="is-wide">
        <PlaceLink to={{ view: "run", runId }} go={go}>
          {context}
        </PlaceLink>
        <span class="runs-second">{publishedBy ?? ""}</span>
      </td>
      <td class="is-number is-wide">
        {formatCount(rows)} rows
        <span class="runs-second">{`${formatCount(frames, "frame")}, ${formatBytes(sizeBytes)}`}</span>
      </td>
      <td class="is-wide">
        <code>{codeHash.slice(0, 8)}</code>
      </td>
      <td class="is-wide runs-version-inputs">
        {Object.entries(inputs).map(([name, value]) => (
          <code key={name}>{`${name} = ${formatValue(value)}`}</code>
        ))}
      </td>
      {onRollBack !== undefined && !isAlone && (
        <td class="is-wide">
          <GoBack {...{ version, onRollBack }} />
        </td>
      )}
    </tr>
  );
}

interface GoBackProps {
  readonly version: ListedVersion;
  readonly onRollBack: (version: ListedVersion) => void;
}

/** There is no way back to where one is. */
function GoBack({ version, onRollBack }: GoBackProps): JSX.Element | null {
  if (version.isNewest) return null;
  return (
    <button
      type="button"
      class="button button--small"
      aria-label={`Go back to version ${version.generation}`}
      onClick={() => onRollBack(version)}
    >
      Go back
    </button>
  );
}
