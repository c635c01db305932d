import { describe, expect, it } from "vitest";
import { HexError } from "../../src/errors.ts";
import type { LightAsk } from "../../src/run/light/light-ask.ts";
import { until } from "./project-processes.ts";
import { SECRET, shownIn, viewedProject } from "./viewed-project.ts";
import { isAlive } from "./worker-project.ts";

/** Of the first version, with default inputs, unless told. */
function ask(cells: readonly string[], more: Partial<LightAsk> = {}): LightAsk {
  return { version: 1, inputs: {}, cells, ...more };
}

/** Long enough for a busy machine to answer within it, as all but one of the cells have to. */
const DEADLINE_MS = 8_000;
const FAR_MS = 120_000;

describe("what viewers ask", () => {
  it("is answered with the cells asked for, and only those below a changed input run", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const light = await open();
    const first = await light.run(ask(["found", "count", "people"]));
    expect(first).toMatchObject({ version: 1, invalid: [] });
    expect(shownIn(first)).toEqual({ people: 3, found: 3, count: 3 });
    expect(first.cells[0]).toMatchObject({ status: "read", data: { version: 1, stale: false } });
    expect(await ran()).toEqual([expect.stringMatching("^found all"), "count"]);
    const red = ask(["found", "count"], { inputs: { team: "red" } });
    expect(shownIn(await light.run(red))).toEqual({ found: 2, count: 2 });
    expect(await ran()).toEqual([expect.stringMatching("^found red"), "count"]);
    const { cells } = await light.run(red);
    expect(cells.map(({ status, elapsedMs }) => [status, elapsedMs])).toEqual([
      ["computed", 0],
      ["computed", 0],
    ]);
    expect(await ran()).toEqual([]);
  });

  it("is told to each of two viewers with other inputs", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const light = await open();
    const answers = await Promise.all(
      ["red", "blue", "red", "all"].map((team) => light.run(ask(["count"], { inputs: { team } }))),
    );
    expect(answers.map(shownIn)).toEqual([{ count: 2 }, { count: 1 }, { count: 2 }, { count: 3 }]);
  });

  it("is answered from the version that a viewer looks at, after a newer one is there", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const light = await open();
    expect(shownIn(await light.run(ask(["count"])))).toEqual({ count: 3 });
    const version = await publish([{ name: "Bo", team: "green", age: 1 }]);
    expect(shownIn(await light.run(ask(["count"], { inputs: { team: "red" } })))).toEqual({
      count: 2,
    });
    const newer = await light.run(ask(["count"], { version, inputs: { team: "red" } }));
    expect(shownIn(newer)).toEqual({ count: 1 });
    expect(newer.invalid).toEqual([{ name: "team", message: expect.stringContaining('"green"') }]);
    const failure = light.run(ask(["count"], { version: 7 }));
    await expect(failure).rejects.toMatchObject({ code: "HEX_OUTPUT_GONE" });
  });

  it("tells of values that widgets refuse one by one, and stands on the defaults for them", async () => {
    const { publish, open } = await viewedProject({}, { inputs: { act: "configured" } });
    await publish();
    const light = await open();
    const inputs = { team: "yellow", act: 5, "no such": 1 };
    const { cells, invalid } = await light.run(ask(["count", "acted", "gone"], { inputs }));
    expect(shownIn({ version: 1, cells, invalid })).toEqual({ count: 3, acted: "configured" });
    expect(Object.fromEntries(invalid.map(({ name, message }) => [name, message]))).toEqual({
      "no such": 'Expected each input in the address to be one of team, press, act, got "no such"',
      team: 'Expected input team to be one of "all", "red", "blue", got "yellow"',
      act: "Expected input act to be a text of at most 10,000 characters, got 5",
    });
    const texts = await light.run(ask(["pressed"], { texts: { press: "true" } }));
    expect(shownIn(texts)).toEqual({ pressed: "pressed" });
  });

  it("is not remembered of what a pressed button starts", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const light = await open();
    const press = (pressed: boolean) => light.run(ask(["pressed"], { inputs: { press: pressed } }));
    for (const pressed of [true, true, false, false, true]) await press(pressed);
    expect(await ran()).toEqual(["pressed true", "pressed true", "pressed false", "pressed true"]);
  });

  it("is told of a cell that fails, without its secret, and of those that did not hang on it", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const light = await open();
    const answer = await light.run(ask(["count", "acted", "below"], { inputs: { act: "tell" } }));
    expect(shownIn(answer)).toEqual({ count: 3, acted: "HEX_CELL_FAILED", below: "skipped" });
    expect(JSON.stringify(answer)).not.toContain(SECRET);
    expect(JSON.stringify(answer)).toContain("the key [SECRET] was refused");
    const rows = light.rows({
      version: 1,
      inputs: { act: "tell" },
      cell: "below",
      offset: 0,
      limit: 5,
    });
    await expect(rows).rejects.toMatchObject({ code: "HEX_CELL_FAILED" });
    await expect(rows).rejects.not.toThrow(SECRET);
  });

  it("says where nothing is published yet, and not where the store is", async () => {
    const { directory, open } = await viewedProject();
    const light = await open();
    const answer = await light.run(ask(["count"], { version: null }));
    expect(answer).toMatchObject({ version: null, cells: [{ status: "skipped" }] });
    const people = await light.run(ask(["people"], { version: null }));
    expect(shownIn(people)).toEqual({ people: "HEX_NOT_COMPUTED" });
    expect(JSON.stringify(people)).not.toContain(directory);
  });

  it("tells what cells log", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const lines: string[] = [];
    const light = await open({ onLine: (line) => lines.push(line) });
    await light.run(ask(["count"]));
    expect(lines).toEqual(["counted 3"]);
  });

  it("is answered with new code after a restart", async () => {
    const { publish, open, write } = await viewedProject();
    await publish();
    const light = await open();
    expect(shownIn(await light.run(ask(["count"])))).toEqual({ count: 3 });
    await write(
      "cells/06-count.ts",
      'import { cell } from "hex-runtime";\nexport default cell(() => 42);',
    );
    light.restart();
    expect(shownIn(await light.run(ask(["count"])))).toEqual({ count: 42 });
    await write("cells/06-count.ts", "export default cell(");
    light.restart();
    await expect(light.run(ask(["count"]))).rejects.toMatchObject({ code: "HEX_CELL_INVALID" });
    await write(
      "cells/06-count.ts",
      'import { cell } from "hex-runtime";\nexport default cell(() => 1);',
    );
    light.restart();
    expect(shownIn(await light.run(ask(["count"])))).toEqual({ count: 1 });
  });
});

describe("rows of a table", () => {
  it("are told as they are sorted and filtered, of the frame that a viewer's inputs give", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const light = await open();
    const of = { version: 1, inputs: { team: "red" }, cell: "found", offset: 0, limit: 10 };
    const sort = { column: "age", descending: false };
    expect(await light.rows({ ...of, sort })).toEqual({
      rows: 2,
      offset: 0,
      head: [
        { name: "Ann", team: "red", age: 20 },
        { name: "Ada", team: "red", age: 36 },
      ],
    });
    const filters = [{ column: "name", test: "contains", value: "ADA" } as const];
    expect(await light.rows({ ...of, filters, offset: 1 })).toEqual({
      rows: 1,
      offset: 1,
      head: [],
    });
    const wrong = light.rows({ ...of, sort: { column: "height", descending: true } });
    await expect(wrong).rejects.toMatchObject({ code: "HEX_INPUT_INVALID" });
    for (const cell of ["count", "nobody", "team"]) {
      const none = light.rows({ ...of, cell });
      await expect(none).rejects.toMatchObject({ code: "HEX_OUTPUT_UNKNOWN" });
    }
  });

  it("are written as CSV in which no text is a formula, block by block", async () => {
    const { publish, open } = await viewedProject();
    const many = Array.from({ length: 60_000 }, (_, at) => ({
      name: `=SUM(${at}, "a wall of text that makes the file long")`,
      team: at % 3 === 0 ? "red" : "blue",
      age: at,
    }));
    await publish(many);
    const light = await open();
    const blocks: Uint8Array[] = [];
    const sort = { column: "age", descending: true };
    for await (const block of light.csv({
      version: 1,
      inputs: { team: "red" },
      cell: "found",
      sort,
    })) {
      blocks.push(block);
    }
    expect(blocks.length).toBeGreaterThan(1);
    const lines = Buffer.concat(blocks).toString("utf8").split("\n").slice(0, -1);
    expect(lines).toHaveLength(20_001);
    expect(lines[0]).toBe('"name","team","age"');
    expect(lines[1]).toBe(
      `"'=SUM(59997, ""a wall of text that makes the file long"")","red",59997`,
    );
    expect(lines.at(-1)).toMatch(/,0$/);
  });
});

describe("a process that answers viewers", () => {
  it("is killed at the deadline when a cell never ends, and others are answered meanwhile", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const light = await open({ deadlineMs: DEADLINE_MS });
    await light.run(ask(["count"]));
    const hanging = light.run(ask(["acted"], { inputs: { act: "hang" } }));
    const told = expect(hanging).resolves.toMatchObject({
      cells: [
        {
          name: "acted",
          status: "failed",
          error: {
            code: "HEX_RUN_TIMEOUT",
            message: expect.stringContaining("Expected cell acted to be done within 8 s"),
          },
        },
      ],
    });
    await until("it hangs", async () => (await ran()).some((line) => line.startsWith("acted")));
    const others = [
      light.run(ask(["count"])),
      light.run(ask(["count"], { inputs: { team: "red" } })),
    ];
    expect((await Promise.all(others)).map(shownIn)).toEqual([{ count: 3 }, { count: 2 }]);
    await told;
    expect(shownIn(await light.run(ask(["acted"])))).toEqual({ acted: "well" });
  });

  it("is alone when only one may be there: those that waited are answered by the next one", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const light = await open({ deadlineMs: DEADLINE_MS, size: 1 });
    const hanging = light.run(ask(["acted"], { inputs: { act: "hang" } }));
    const other = light.run(ask(["count"]));
    expect(shownIn(await hanging)).toEqual({ acted: "HEX_RUN_TIMEOUT" });
    expect(shownIn(await other)).toEqual({ count: 3 });
  });

  it("is told apart from the cells beside it when one never ends: only those below it wait", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const light = await open({ deadlineMs: DEADLINE_MS });
    await light.run(ask(["acted"]));
    const inputs = { act: "hang", team: "red", "no such": 1 };
    const asked = ["below", "count", "acted", "people", "found"];
    const answer = await light.run(ask(asked, { inputs }));
    expect(answer.version).toBe(1);
    expect(answer.invalid.map(({ name }) => name)).toEqual(["no such"]);
    expect(answer.cells.map(({ name, status }) => [name, status])).toEqual([
      ["people", "read"],
      ["found", "computed"],
      ["count", "computed"],
      ["acted", "failed"],
      ["below", "skipped"],
    ]);
    expect(shownIn(answer)).toMatchObject({ people: 3, found: 2, count: 2 });
    const [acted, below] = answer.cells.slice(-2).map(({ error }) => error?.message);
    expect(acted).toContain("Expected cell acted to be done within 8 s");
    expect(below).toContain("it waits for acted");
    const of = { version: 1, inputs: { act: "hang" }, cell: "below" };
    const rows = light.rows({ ...of, offset: 0, limit: 5 });
    await expect(rows).rejects.toMatchObject({
      code: "HEX_RUN_TIMEOUT",
      message: expect.stringContaining("cell acted"),
    });
  });

  it("does not begin twice what a pressed button starts, when another cell never ends", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const light = await open({ deadlineMs: DEADLINE_MS });
    await light.run(ask(["acted", "pressed"]));
    await ran();
    const inputs = { act: "hang", press: true };
    const answer = await light.run(ask(["pressed", "acted", "below"], { inputs }));
    expect(answer.cells.map(({ name, status }) => [name, status])).toEqual([
      ["pressed", "skipped"],
      ["acted", "failed"],
      ["below", "skipped"],
    ]);
    expect(answer.cells[0]?.error?.message).toContain("acted took too long");
    const lines = await ran();
    expect(lines.filter((line) => line.startsWith("pressed")).length).toBeLessThan(2);
  });

  it("may exit, and only who asked for that is told", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const light = await open({ size: 1 });
    const exiting = light.run(ask(["acted"], { inputs: { act: "exit" } }));
    const other = light.run(ask(["count"]));
    await expect(exiting).rejects.toMatchObject({
      code: "HEX_RUN_CRASHED",
      message: expect.stringContaining("exit code 7"),
    });
    expect(shownIn(await other)).toEqual({ count: 3 });
  });

  it("is replaced as often as its cells kill it while they are loaded", async () => {
    const files = {
      "cells/10-deadly.ts": `import { appendFileSync } from "node:fs";
import { cell } from "hex-runtime";
appendFileSync("ran", "loaded\\n");
process.exit(3);
export default cell(() => 1);`,
    };
    const { publish, open, ran, write } = await viewedProject();
    await publish();
    for (const [file, text] of Object.entries(files)) await write(file, text);
    const light = await open({ size: 1 });
    for (let time = 0; time < 5; time++) {
      await expect(light.run(ask(["deadly"]))).rejects.toMatchObject({ code: "HEX_RUN_CRASHED" });
    }
    expect(await ran()).toHaveLength(5);
    expect(shownIn(await light.run(ask(["count"])))).toEqual({ count: 3 });
  });

  it("stops for a viewer who waits no more, and does not begin what nobody waits for", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const light = await open({ size: 1, deadlineMs: FAR_MS });
    const gone = new AbortController();
    const { signal } = gone;
    const heeding = light.run(ask(["acted"], { inputs: { act: "heed" } }), { signal });
    await until("it goes", async () => (await ran()).some((line) => line.startsWith("acted heed")));
    const waiting = light.run(ask(["acted"], { inputs: { act: "never begun" } }), { signal });
    gone.abort(new HexError("HEX_CANCELLED", "the viewer has left"));
    for (const left of [heeding, waiting]) {
      await expect(left).rejects.toMatchObject({ message: "the viewer has left" });
    }
    expect(shownIn(await light.run(ask(["count"])))).toEqual({ count: 3 });
    const lines = await ran();
    expect(lines).toContain("heeded");
    expect(lines).not.toContainEqual(expect.stringContaining("never begun"));
    const late = light.run(ask(["count"]), { signal });
    await expect(late).rejects.toMatchObject({ message: "the viewer has left" });
  });

  it("has a line of bounded length before it", async () => {
    const { publish, open, ran, write } = await viewedProject();
    await publish();
    const light = await open({ size: 1, waiting: 2, deadlineMs: FAR_MS });
    const gated = light.run(ask(["acted"], { inputs: { act: "gate" } }));
    await until("it goes", async () => (await ran()).some((line) => line.startsWith("acted gate")));
    const inLine = [light.run(ask(["count"])), light.run(ask(["found"]))];
    await expect(light.run(ask(["count"]))).rejects.toMatchObject({ code: "HEX_TOO_BUSY" });
    await write("gate", "");
    expect(shownIn(await gated)).toEqual({ acted: "gate" });
    expect((await Promise.all(inLine)).map(shownIn)).toEqual([{ count: 3 }, { found: 3 }]);
  });

  it("ends when nobody asks for long, and at the end", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const light = await open({ idleMs: 200, size: 1 });
    await light.warm(1);
    const pids: number[] = [];
    for (const team of ["red", "blue"]) {
      await light.run(ask(["found"], { inputs: { team } }));
      const [line = ""] = await ran();
      const pid = Number(line.split(" ").at(-1));
      pids.push(pid);
      if (team === "red") await until("it is gone", () => !isAlive(pid));
    }
    const [first, second = 0] = pids;
    expect(first).not.toBe(second);
    await light.close();
    expect(isAlive(second)).toBe(false);
    await expect(light.run(ask(["count"]))).rejects.toMatchObject({ code: "HEX_CANCELLED" });
  });
});
