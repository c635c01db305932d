/** How often viewers change an input, all of them together: each time, cells run. */
const CHANGES_PER_SECOND = 50;
/** What the input below takes. */
const CHOICES = 1_250;
/** So many evaluations are read in turn, each of another input. */
const EVALUATIONS = 20;

/** An input, and what hangs on it: a table of 10,000 rows that it filters, and how many are left. */
export const PAGE_CELLS = {
  "04-least.ts": `import { slider } from "hex-runtime";
export default slider({ min: 0, max: ${CHOICES}, step: 1, default: 0 });`,
  "05-filtered.ts": `import { cell } from "hex-runtime";
import sales from "./02-sales.ts";
import least from "./04-least.ts";
export default cell({ sales, least }, ({ sales, least }) =>
  sales.filter((sale) => sale.amount >= least));`,
  "06-found.ts": `import { cell } from "hex-runtime";
import filtered from "./05-filtered.ts";
export default cell({ filtered }, ({ filtered }) => filtered.numRows);`,
};

/** What a page asks its server, as targets of a load; each has answered once before. */
export async function toPageRoutes(server) {
  const shell = await (await ask(server.toPageTarget("/"))).text();
  const [asset] = /\/assets\/page-\w+\.js/.exec(shell);
  const state = await (await ask(server.toPageTarget("/page/state"))).json();
  const { toRun, toRows } = await toAsks(server, state);
  const routes = {
    "page: state": server.toPageTarget("/page/state"),
    "page: its code, packed": server.toPageTarget(asset),
    "page: 100 rows of one table": server.toPageTarget("/page/rows", () => toRows(7)),
    [`page: another input, ${CHANGES_PER_SECOND}/s`]: {
      ...server.toPageTarget("/page/run", toRun),
      perSecond: CHANGES_PER_SECOND,
    },
    [`page: rows of another input, ${CHANGES_PER_SECOND}/s`]: {
      ...server.toPageTarget("/page/rows", toRows),
      perSecond: CHANGES_PER_SECOND,
    },
  };
  for (const target of Object.values(routes)) await ask(target);
  return routes;
}

/** The bodies of what is posted, each for the number of a request. */
async function toAsks(server, { version, commit }) {
  const toInputs = (number) => ({ least: number % (CHOICES + 1) });
  const cells = ["filtered", "found"];
  const span = { cell: "filtered", offset: 100, limit: 100 };
  const toRun = (number) => JSON.stringify({ version, commit, inputs: toInputs(number), cells });
  if (commit === undefined) {
    // A build before there were evaluations: rows are asked for by inputs, and run the cells again.
    return {
      toRun,
      toRows: (number) => JSON.stringify({ version, inputs: toInputs(number), ...span }),
    };
  }
  const evaluations = [];
  for (let number = 0; number < EVALUATIONS; number++) {
    const target = server.toPageTarget("/page/run", () => toRun(number * EVALUATIONS));
    evaluations.push((await (await ask(target)).json()).evaluation);
  }
  return {
    toRun,
    toRows: (number) => JSON.stringify({ evaluation: evaluations[number % EVALUATIONS], ...span }),
  };
}

async function ask({ url, headers, toBody }) {
  const method = toBody === undefined ? "GET" : "POST";
  const answer = await fetch(url, { method, headers, body: toBody?.(0) });
  if (answer.ok) return answer;
  throw new Error(`${method} ${url} answers ${answer.status}: ${await answer.text()}`);
}
