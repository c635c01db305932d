import type { JSX } from "preact";
import { formatCount } from "../../../text.ts";
import type { ListedVersion, RolledBack } from "../../history-state.ts";
import { askJson } from "../ask/ask-page.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { Moment } from "./moment.tsx";

interface RollBackProps {
  readonly target: ListedVersion;
  readonly newest: ListedVersion;
  readonly onDone: (done: RolledBack) => void;
  readonly onClose: () => void;
}

/** Goes back to a version, once the viewer knows what that means. */
export function RollBack({ target, newest, onDone, onClose }: RollBackProps): JSX.Element {
  const { generation, publishedAt, frames, rows } = target;
  const act = async () => {
    const path = `/page/versions/${generation}/rollback`;
    onDone(await askJson<RolledBack>(path, { method: "POST" }));
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
        <Moment instant={publishedAt} />
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
