import type { JSX } from "preact";
import { formatBytes } from "../../../text.ts";
import type { VersionList } from "../../history-state.ts";
import { Moment } from "./moment.tsx";

/** What other tools have left in the store for frames that no run has published. */
export function ForeignTable({ foreign }: Pick<VersionList, "foreign">): JSX.Element | null {
  if (foreign.length === 0) return null;
  return (
    <table class="runs-table">
      <caption>Written by another tool, and published by no run</caption>
      <thead>
        <tr>
          <th scope="col">Frame</th>
          <th scope="col">Written</th>
          <th scope="col" class="is-number">
            Size
          </th>
        </tr>
      </thead>
      <tbody>
        {foreign.map(({ frame, writtenAt, sizeBytes }) => (
          <tr key={frame}>
            <td>{frame}</td>
            <td>
              <Moment instant={writtenAt} />
            </td>
            <td class="is-number">{formatBytes(sizeBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
