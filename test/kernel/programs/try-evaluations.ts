import fc from "fast-check";
import { seededRandom } from "../../fakes/seeded-random.ts";
import { type AnyApp, anyApp, DAYS, MOST } from "../any-app.ts";
import { ModelWorld } from "../model-world.ts";

/**
 * Goes through random apps by random steps, as many as told, and prints what was counted. The first
 * seed and the URL of the built module come after the number.
 */
const [count = "1", firstSeed = "1", runtimeUrl = ""] = process.argv.slice(2);

const totals = new Map<string, number>();
const add = (name: string, by = 1) => totals.set(name, (totals.get(name) ?? 0) + by);

/** What may happen, and how often beside the others. */
const STEPS = {
  open: 2,
  slide: 6,
  choose: 3,
  press: 3,
  read: 8,
  kill: 1,
  edit: 1,
  restart: 1,
  publish: 1,
  "publish-day": 1,
  restore: 1,
  look: 1,
  outputs: 1,
  note: 2,
  "note-press": 1,
  "note-read": 2,
} as const;

type Step = keyof typeof STEPS;

const anyStep = fc.oneof(
  ...Object.entries(STEPS).map(([step, weight]) => ({
    weight,
    arbitrary: fc.constant(step as Step),
  })),
);

async function tryApp(app: AnyApp, steps: readonly Step[], seed: number): Promise<void> {
  const random = seededRandom(seed);
  const world = await ModelWorld.open(app, { runtimeUrl, random, add });
  let presses = 0;
  try {
    for (const viewer of world.viewers) await viewer.open();
    for (const step of steps) presses += await takeStep(world, app, step, random);
    const noted = await world.countPresses();
    if (noted !== presses) throw new Error(`${presses} presses were carried out ${noted} times`);
  } finally {
    await world.close();
  }
}

/** Gives how often a button was pressed. */
async function takeStep(
  world: ModelWorld,
  app: AnyApp,
  step: Step,
  random: () => number,
): Promise<number> {
  const viewer = world.viewers[Math.floor(random() * world.viewers.length)];
  if (viewer === undefined) throw new Error("there are no viewers");
  const day = DAYS[Math.floor(random() * DAYS.length)];
  const n = Math.floor(random() * (MOST + 1));
  switch (step) {
    case "open":
      await viewer.open();
      break;
    case "slide":
      await viewer.setInput("n", n);
      world.noteState(viewer);
      break;
    case "choose":
      if (app.hasVariants) await viewer.setInput("day", day);
      break;
    case "press":
      if (!app.hasButton) break;
      await viewer.press("send");
      return 1;
    case "read":
      await viewer.readTable();
      break;
    case "kill":
      await world.kill();
      break;
    case "edit":
      await world.edit();
      break;
    case "restart":
      await world.restart();
      break;
    case "publish":
      await world.publish();
      break;
    case "publish-day":
      await world.publish(app.hasVariants ? { day } : {});
      break;
    case "restore":
      await world.restore();
      break;
    case "look":
      await world.look({ n: Math.min(n, MOST - 1) });
      break;
    case "outputs":
      await world.readOutputs();
      break;
    case "note":
      await world.notebook.run({ n }, {});
      break;
    case "note-press":
      if (!app.hasButton) break;
      await world.notebook.run({}, { send: true });
      return 1;
    case "note-read":
      await world.notebook.read(random);
      break;
  }
  return 0;
}

const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const steps = fc.array(anyStep, { minLength: 6, maxLength: 24 });
await fc.assert(
  fc.asyncProperty(anyApp, steps, seeds, async (app, taken, seed) => {
    add("apps");
    add("steps", taken.length);
    await tryApp(app, taken, seed);
  }),
  { numRuns: Number(count), seed: Number(firstSeed) },
);
process.stdout.write(`${JSON.stringify(Object.fromEntries(totals))}\n`);
process.exit();
