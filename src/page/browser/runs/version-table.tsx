import type { JSX } from "preact";
import { formatBytes, formatCount } from "../../../text.ts";
import type { ListedVersion } from "../../history-state.ts";
import { formatAgo, formatValue, Timestamp } from "./formats.tsx";
import type { Go } from "./place.tsx";
import { PlaceLink } from "./place.tsx";

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
      <thead>
        <tr>
          {!isAlone && (
            <>
              <th scope="col">From</th>
              <th scope="col">To</th>
            </>
          )}
          <th scope="col">Version</th>
          <th scope="col">Published</th>
          <th scope="col" class="is-wide">
            Run
          </th>
          <th scope="col" class="is-number is-wide">
            Holds
          </th>
          <th scope="col" class="is-wide">
            Code
          </th>
          <th scope="col" class="is-wide">
            Inputs
          </th>
          {rest.onRollBack !== undefined && !isAlone && (
            <th scope="col" class="is-wide">
              <span class="only-heard">Go back</span>
            </th>
          )}
        </tr>
      </thead>
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
      {!isAlone && (
        <>
          <Choice
            {...{ name: "from", generation }}
            isChosen={compared.from === generation}
            onChoose={() => choose({ from: generation })}
          />
          <Choice
            {...{ name: "to", generation }}
            isChosen={compared.to === generation}
            onChoose={() => choose({ to: generation })}
          />
        </>
      )}
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

interface ChoiceProps {
  readonly name: "from" | "to";
  readonly generation: number;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function Choice({ name, generation, isChosen, onChoose }: ChoiceProps): JSX.Element {
  return (
    <td class="runs-version-choice">
      <input
        type="radio"
        name={`compare-${name}`}
        aria-label={`Compare ${name} version ${generation}`}
        checked={isChosen}
        onChange={onChoose}
      />
    </td>
  );
}
