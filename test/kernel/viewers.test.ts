import { describe, expect, it } from "vitest";
import { HexError } from "../../src/errors.ts";
import type { EvaluateRequest } from "../../src/kernel/evaluation.ts";
import { until } from "../work/project-processes.ts";
import { isAlive } from "../work/worker-project.ts";
import { SECRET, shownIn, viewedProject } from "./viewed-project.ts";

/** Of the first version, with default inputs, unless told. */
function ask(cells: readonly string[], more: Partial<EvaluateRequest> = {}): EvaluateRequest {
  return { version: 1, commit: null, inputs: {}, cells, ...more };
}

/** Long enough for a busy machine to answer within it, as all but one of the cells have to. */
const DEADLINE_MS = 8_000;
const FAR_MS = 120_000;

describe("what viewers ask", () => {
  it("is answered with the cells asked for, and only those below a changed input run", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const viewers = await open();
    const first = await viewers.evaluate(ask(["found", "count", "people"]));
    expect(first).toMatchObject({ version: 1, invalid: [] });
    expect(shownIn(first)).toEqual({ people: 3, found: 3, count: 3 });
    expect(first.cells[0]).toMatchObject({ status: "read", data: { version: 1, stale: false } });
    expect(await ran()).toEqual([]);
    const red = ask(["found", "count"], { inputs: { team: "red" } });
    expect(shownIn(await viewers.evaluate(red))).toEqual({ found: 2, count: 2 });
    expect(await ran()).toEqual([expect.stringMatching("^found red"), "count"]);
    const { cells } = await viewers.evaluate(red);
    expect(cells.map(({ status, elapsedMs }) => [status, elapsedMs])).toEqual([
      ["computed", 0],
      ["computed", 0],
    ]);
    expect(await ran()).toEqual([]);
  });

  it("is told to each of two viewers with other inputs", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const viewers = await open();
    const answers = await Promise.all(
      ["red", "blue", "red", "all"].map((team) =>
        viewers.evaluate(ask(["count"], { inputs: { team } })),
      ),
    );
    expect(answers.map(shownIn)).toEqual([{ count: 2 }, { count: 1 }, { count: 2 }, { count: 3 }]);
  });

  it("is answered from the version that a viewer looks at, after a newer one is there", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const viewers = await open();
    expect(shownIn(await viewers.evaluate(ask(["count"])))).toEqual({ count: 3 });
    const version = await publish([{ name: "Bo", team: "green", age: 1 }]);
    expect(shownIn(await viewers.evaluate(ask(["count"], { inputs: { team: "red" } })))).toEqual({
      count: 2,
    });
    const newer = await viewers.evaluate(ask(["count"], { version, inputs: { team: "red" } }));
    expect(shownIn(newer)).toEqual({ count: 1 });
    expect(newer.invalid).toEqual([{ name: "team", message: expect.stringContaining('"green"') }]);
    const failure = viewers.evaluate(ask(["count"], { version: 7 }));
    await expect(failure).rejects.toMatchObject({ code: "HEX_OUTPUT_GONE" });
  });

  it("tells of values that widgets refuse one by one, and stands on the defaults for them", async () => {
    const { publish, open } = await viewedProject({}, { inputs: { act: "configured" } });
    await publish();
    const viewers = await open();
    const inputs = { team: "yellow", act: 5, "no such": 1 };
    const { cells, invalid } = await viewers.evaluate(ask(["count", "acted", "gone"], { inputs }));
    expect(shownIn({ cells })).toEqual({ count: 3, acted: "configured" });
    expect(Object.fromEntries(invalid.map(({ name, message }) => [name, message]))).toEqual({
      "no such": 'Expected each input in the address to be one of team, press, act, got "no such"',
      team: 'Expected input team to be one of "all", "red", "blue", got "yellow"',
      act: "Expected input act to be a text of at most 10,000 characters, got 5",
    });
    const texts = await viewers.evaluate(ask(["pressed"], { texts: { press: "true" } }));
    expect(shownIn(texts)).toEqual({ pressed: "pressed" });
  });

  it("carries out each press once, however often and by whomever it is asked for", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const viewers = await open();
    const press = (id: string, cells = ["pressed"]) =>
      viewers.evaluate(ask(cells, { press: { press: id } }));
    const [first, beside] = await Promise.all([press("press-1"), press("press-1")]);
    expect(beside.cells[0]?.result).toBe(first.cells[0]?.result);
    expect(beside.evaluation).toBe(first.evaluation);
    expect(shownIn(first)).toEqual({ pressed: "pressed" });
    expect(first.inputs).toEqual({ press: true });
    expect(await press("press-1", ["pressed", "count"])).toMatchObject({
      cells: [{ name: "count" }, { name: "pressed", result: first.cells[0]?.result }],
    });
    expect((await ran()).filter((line) => line.startsWith("pressed"))).toEqual(["pressed true"]);
    const other = ask(["pressed"], { press: { press: "press-1" }, inputs: { team: "red" } });
    await expect(viewers.evaluate(other)).rejects.toMatchObject({
      code: "HEX_INPUT_INVALID",
      message: expect.stringContaining("asked for again as it was made"),
    });
    await press("press-2");
    await viewers.evaluate(ask(["pressed"]));
    expect(await ran()).toEqual(["pressed true"]);
  });

  it("is told of a cell that fails, without its secret, and of those that did not hang on it", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const viewers = await open();
    const answer = await viewers.evaluate(
      ask(["count", "acted", "below"], { inputs: { act: "tell" } }),
    );
    expect(shownIn(answer)).toEqual({ count: 3, acted: "HEX_CELL_FAILED", below: "skipped" });
    expect(JSON.stringify(answer)).not.toContain(SECRET);
    expect(JSON.stringify(answer)).toContain("the key [SECRET] was refused");
    const { evaluation } = answer;
    const rows = viewers.rows({ evaluation, cell: "below", offset: 0, limit: 5 });
    await expect(rows).rejects.toMatchObject({ code: "HEX_OUTPUT_UNKNOWN" });
  });

  it("says where nothing is published yet, and not where the store is", async () => {
    const { directory, open } = await viewedProject();
    const viewers = await open();
    const answer = await viewers.evaluate(ask(["count"], { version: null }));
    expect(answer).toMatchObject({ version: null, cells: [{ status: "skipped" }] });
    const people = await viewers.evaluate(ask(["people"], { version: null }));
    expect(shownIn(people)).toEqual({ people: "HEX_NOT_COMPUTED" });
    expect(JSON.stringify(people)).not.toContain(directory);
  });

  it("tells what cells log", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const lines: string[] = [];
    const viewers = await open({ onLine: (line) => lines.push(line) });
    await viewers.evaluate(ask(["count"], { inputs: { team: "red" } }));
    expect(lines).toEqual(["counted 2"]);
  });

  it("is answered with new code after a restart, and with that of before when it cannot be read", async () => {
    const { publish, open, write } = await viewedProject();
    await publish();
    const viewers = await open();
    expect(shownIn(await viewers.evaluate(ask(["count"])))).toEqual({ count: 3 });
    await write(
      "cells/06-count.ts",
      'import { cell } from "hex-runtime";\nexport default cell(() => 42);',
    );
    viewers.restart();
    expect(shownIn(await viewers.evaluate(ask(["count"])))).toEqual({ count: 42 });
    await write("cells/06-count.ts", "export default cell(");
    viewers.restart();
    expect(shownIn(await viewers.evaluate(ask(["count"])))).toEqual({ count: 42 });
    await write(
      "cells/06-count.ts",
      'import { cell } from "hex-runtime";\nexport default cell(() => 1);',
    );
    viewers.restart();
    expect(shownIn(await viewers.evaluate(ask(["count"])))).toEqual({ count: 1 });
  });

  it("is told why when cells cannot be read and none were before", async () => {
    const { publish, open, write } = await viewedProject();
    await publish();
    await write("cells/06-count.ts", "export default cell(");
    const viewers = await open();
    const failure = viewers.evaluate(ask(["found"]));
    await expect(failure).rejects.toMatchObject({ code: "HEX_CELL_INVALID" });
  });
});

describe("rows of a table", () => {
  it("are told as they are sorted and filtered, of an evaluation, and run no cell", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const viewers = await open();
    const asked = ask(["found", "count"], { inputs: { team: "red" } });
    const { evaluation } = await viewers.evaluate(asked);
    await ran();
    const of = { evaluation, cell: "found", offset: 0, limit: 10 };
    const sort = { column: "age", descending: false };
    expect(await viewers.rows({ ...of, sort })).toEqual({
      rows: 2,
      offset: 0,
      head: [
        { name: "Ann", team: "red", age: 20 },
        { name: "Ada", team: "red", age: 36 },
      ],
    });
    const filters = [{ column: "name", test: "contains", value: "ADA" } as const];
    expect(await viewers.rows({ ...of, filters, offset: 1 })).toEqual({
      rows: 1,
      offset: 1,
      head: [],
    });
    const wrong = viewers.rows({ ...of, sort: { column: "height", descending: true } });
    await expect(wrong).rejects.toMatchObject({ code: "HEX_INPUT_INVALID" });
    for (const cell of ["count", "nobody", "team"]) {
      const none = viewers.rows({ ...of, cell });
      await expect(none).rejects.toMatchObject({ code: "HEX_OUTPUT_UNKNOWN" });
    }
    expect(await ran()).toEqual([]);
    const gone = viewers.rows({ ...of, evaluation: "5b0c9c39-0000-4000-8000-000000000000" });
    await expect(gone).rejects.toMatchObject({ code: "HEX_OUTPUT_GONE" });
  });

  it("are written as CSV in which no text is a formula, block by block", async () => {
    const { publish, open } = await viewedProject();
    const many = Array.from({ length: 60_000 }, (_, at) => ({
      name: `=SUM(${at}, "a wall of text that makes the file long")`,
      team: at % 3 === 0 ? "red" : "blue",
      age: at,
    }));
    await publish(many);
    const viewers = await open();
    const blocks: Uint8Array[] = [];
    const sort = { column: "age", descending: true };
    const { evaluation } = await viewers.evaluate(ask(["found"], { inputs: { team: "red" } }));
    for await (const block of viewers.csv({ evaluation, cell: "found", sort })) {
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
    const lines: string[] = [];
    const viewers = await open({ deadlineMs: DEADLINE_MS, onLine: (line) => lines.push(line) });
    await viewers.evaluate(ask(["count"]));
    const hanging = viewers.evaluate(ask(["acted"], { inputs: { act: "hang" } }));
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
      viewers.evaluate(ask(["count"])),
      viewers.evaluate(ask(["count"], { inputs: { team: "red" } })),
    ];
    expect((await Promise.all(others)).map(shownIn)).toEqual([{ count: 3 }, { count: 2 }]);
    await told;
    expect(lines.filter((line) => !line.startsWith("counted"))).toEqual(["begun", "hangs"]);
    expect(shownIn(await viewers.evaluate(ask(["acted"])))).toEqual({ acted: "well" });
  });

  it("is alone when only one may be there: those that waited are answered by the next one", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const viewers = await open({ deadlineMs: DEADLINE_MS, size: 1 });
    const hanging = viewers.evaluate(ask(["acted"], { inputs: { act: "hang" } }));
    const other = viewers.evaluate(ask(["count"]));
    expect(shownIn(await hanging)).toEqual({ acted: "HEX_RUN_TIMEOUT" });
    expect(shownIn(await other)).toEqual({ count: 3 });
  });

  it("is told apart from the cells beside it when one never ends: only those below it wait", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const viewers = await open({ deadlineMs: DEADLINE_MS });
    await viewers.evaluate(ask(["acted"]));
    const inputs = { act: "hang", team: "red", "no such": 1 };
    const asked = ["below", "count", "acted", "people", "found"];
    const answer = await viewers.evaluate(ask(asked, { inputs }));
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
  });

  it("does not begin twice what a pressed button starts, when another cell never ends", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const viewers = await open({ deadlineMs: DEADLINE_MS });
    await viewers.evaluate(ask(["acted", "pressed"]));
    await ran();
    const pressing = ask(["pressed", "acted", "below"], {
      inputs: { act: "hang" },
      press: { press: "press-1" },
    });
    const answer = await viewers.evaluate(pressing);
    expect(answer.cells.map(({ name, status }) => [name, status])).toEqual([
      ["pressed", "skipped"],
      ["acted", "failed"],
      ["below", "skipped"],
    ]);
    expect(answer.cells[0]?.error?.message).toContain("acted took too long");
    const lines = await ran();
    expect(lines.filter((line) => line.startsWith("pressed")).length).toBeLessThan(2);
    const again = viewers.evaluate(ask(["pressed"], { press: { press: "press-1" } }));
    await expect(again).rejects.toMatchObject({ code: "HEX_PRESS_UNKNOWN" });
  });

  it("may exit, and only who asked for that is told", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const viewers = await open({ size: 1 });
    const exiting = viewers.evaluate(ask(["acted"], { inputs: { act: "exit" } }));
    const other = viewers.evaluate(ask(["count"]));
    await expect(exiting).rejects.toMatchObject({
      code: "HEX_RUN_CRASHED",
      message: expect.stringContaining("exit code 7"),
    });
    expect(shownIn(await other)).toEqual({ count: 3 });
  });

  it("may die with all threads in it, and only who asked for that is told", async () => {
    const { publish, open, ran, write } = await viewedProject();
    await publish();
    const viewers = await open({ deadlineMs: FAR_MS });
    const gated = viewers.evaluate(ask(["acted"], { inputs: { act: "gate" } }));
    const goes = async () => (await ran()).some((line) => line.startsWith("acted gate"));
    await until("it goes", goes);
    const deadly = viewers.evaluate(ask(["acted"], { inputs: { act: "die" } }));
    const told = expect(deadly).rejects.toMatchObject({ code: "HEX_RUN_CRASHED" });
    await until("it goes once more", goes);
    await write("gate", "");
    expect(shownIn(await gated)).toEqual({ acted: "gate" });
    await told;
  });

  it("is one with a folder of its own, and native modules, where cells need that", async () => {
    const { publish, open } = await viewedProject();
    await publish();
    const lines: string[] = [];
    const viewers = await open({ onLine: (line) => lines.push(line) });
    const moved = await viewers.evaluate(ask(["acted"], { inputs: { act: "move" } }));
    expect(shownIn(moved)).toEqual({ acted: "move" });
    expect(lines).toContainEqual(expect.stringContaining("process.chdir"));
    viewers.restart();
    const inTokyo = await viewers.evaluate(ask(["acted"], { inputs: { act: "zone" } }));
    expect(shownIn(inTokyo)).toEqual({ acted: 9 });
    expect(lines).toContainEqual(expect.stringContaining("process.env.TZ"));
  });

  it("leaves no process behind when all threads in it end at once", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const viewers = await open({ deadlineMs: FAR_MS });
    const gates = ["gate 1", "gate 2"];
    const gone = gates.map((act) =>
      expect(viewers.evaluate(ask(["acted"], { inputs: { act } }))).rejects.toMatchObject({
        code: "HEX_CANCELLED",
      }),
    );
    const pids: number[] = [];
    await until("both go", async () => {
      const begun = (await ran()).filter((line) => line.startsWith("acted gate"));
      pids.push(...begun.map((line) => Number(line.split(" ").at(-1))));
      return pids.length === 2;
    });
    const [first, second] = pids;
    expect(first).toBe(second);
    await viewers.close();
    await Promise.all(gone);
    expect(isAlive(first ?? 0)).toBe(false);
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
    const viewers = await open({ size: 1 });
    for (let time = 0; time < 5; time++) {
      await expect(viewers.evaluate(ask(["deadly"]))).rejects.toMatchObject({
        code: "HEX_RUN_CRASHED",
      });
    }
    expect(await ran()).toHaveLength(5);
    expect(shownIn(await viewers.evaluate(ask(["count"])))).toEqual({ count: 3 });
  });

  it("stops for a viewer who waits no more, and does not begin what nobody waits for", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const viewers = await open({ size: 1, deadlineMs: FAR_MS });
    const gone = new AbortController();
    const { signal } = gone;
    const heeding = viewers.evaluate(ask(["acted"], { inputs: { act: "heed" } }), { signal });
    await until("it goes", async () => (await ran()).some((line) => line.startsWith("acted heed")));
    const waiting = viewers.evaluate(ask(["acted"], { inputs: { act: "never begun" } }), {
      signal,
    });
    gone.abort(new HexError("HEX_CANCELLED", "the viewer has left"));
    for (const left of [heeding, waiting]) {
      await expect(left).rejects.toMatchObject({ message: "the viewer has left" });
    }
    expect(shownIn(await viewers.evaluate(ask(["count"])))).toEqual({ count: 3 });
    const lines = await ran();
    expect(lines).toContain("heeded");
    expect(lines).not.toContainEqual(expect.stringContaining("never begun"));
    const late = viewers.evaluate(ask(["count"]), { signal });
    await expect(late).rejects.toMatchObject({ message: "the viewer has left" });
  });

  it("has a line of bounded length before it", async () => {
    const { publish, open, ran, write } = await viewedProject();
    await publish();
    const viewers = await open({ size: 1, waiting: 2, deadlineMs: FAR_MS });
    const gated = viewers.evaluate(ask(["acted"], { inputs: { act: "gate" } }));
    await until("it goes", async () => (await ran()).some((line) => line.startsWith("acted gate")));
    const inLine = [viewers.evaluate(ask(["count"])), viewers.evaluate(ask(["found"]))];
    await expect(viewers.evaluate(ask(["count"]))).rejects.toMatchObject({ code: "HEX_TOO_BUSY" });
    await write("gate", "");
    expect(shownIn(await gated)).toEqual({ acted: "gate" });
    expect((await Promise.all(inLine)).map(shownIn)).toEqual([{ count: 3 }, { found: 3 }]);
  });

  it("ends when nobody asks for long, and at the end", async () => {
    const { publish, open, ran } = await viewedProject();
    await publish();
    const viewers = await open({ idleMs: 200, size: 1 });
    await viewers.warm(null);
    const pids: number[] = [];
    for (const team of ["red", "blue"]) {
      await viewers.evaluate(ask(["found"], { inputs: { team } }));
      const [line = ""] = await ran();
      const pid = Number(line.split(" ").at(-1));
      pids.push(pid);
      if (team === "red") await until("it is gone", () => !isAlive(pid));
    }
    const [first, second = 0] = pids;
    expect(first).not.toBe(second);
    await viewers.close();
    expect(isAlive(second)).toBe(false);
    await expect(viewers.evaluate(ask(["count"]))).rejects.toMatchObject({ code: "HEX_CANCELLED" });
  });
});
