import {
  askForRun,
  openRuns,
  prepareQueued,
  readMark,
  TOKEN_CELL,
  toLeaveMark,
  untilEnded,
} from "./queued-project.mjs";
import { summarise } from "./summarise.mjs";
import { startHexWorker } from "./worker-process.mjs";

const PARTS = 8;

/** A cell whose parts count for a while; the last mark is written when they have been joined. */
const cells = (marks) => ({
  "01-token.ts": TOKEN_CELL,
  "02-counted.ts": `import { cached, frame, over } from "hex-runtime";
import token from "./01-token.ts";
const parts = Array.from({ length: ${PARTS} }, (_, index) => index);
export default cached("counted", { token }, over(() => parts, (part) => {
  let state = part + 1;
  for (let step = 0; step < 100_000_000; step++) state = (state * 1_664_525 + 1_013_904_223) | 0;
  return frame([{ part, state }]);
}));`,
  "03-joined.ts": `${toLeaveMark(marks)}
import { cell } from "hex-runtime";
import counted from "./02-counted.ts";
import token from "./01-token.ts";
export default cell({ counted, token }, ({ counted, token }) => {
  leaveMark(token, String(process.hrtime.bigint()));
  return counted;
});`,
});

/** From asking for a run over parts until its parts are joined, by so many workers of so many places. */
export async function timeFanOut({ root, doors, queue, workers, partsAtOnce, rounds }) {
  const { project, marks, remove } = await prepareQueued(cells, { queue, runs: { partsAtOnce } });
  const started = [];
  const around = await openRuns(root, doors, project);
  try {
    for (let count = 0; count < workers; count++) started.push(await startHexWorker(root, project));
    const times = [];
    for (let round = 0; round < rounds; round++) {
      const token = `round-${round}`;
      const askedNs = process.hrtime.bigint();
      const runId = await askForRun(around, token);
      const joinedNs = BigInt(await readMark(marks, token));
      await untilEnded(around.runs, runId);
      times.push(Number(joinedNs - askedNs) / 1e6);
    }
    return summarise(times);
  } finally {
    await around.runs.close();
    await Promise.all(started.map((worker) => worker.stop()));
    await remove();
  }
}
