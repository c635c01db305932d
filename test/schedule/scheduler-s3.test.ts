import { randomUUID } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { createBucket, openServer } from "../store/server-store.ts";
import { aSchedule, HOUR_MS, Machine, SchedulerWorld } from "./scheduler-world.ts";

const HOURS = 12;

describe.each(inject("s3Servers").map((server) => [server.name, server] as const))(
  "three schedulers on %s",
  (_, server) => {
    const verdict = server.conditionalWrites
      ? "fire each instant once"
      : "are told that it keeps no conditions, and each instant fires at least once";

    it(verdict, async () => {
      const bucket = `schedule-${randomUUID()}`;
      await createBucket(server, bucket);
      const store = openServer(server, { bucket, prefix: "app" });
      const schedules = [aSchedule("0 * * * *", { overlap: "queue" })];
      const longestSleepMs = 2 * HOUR_MS;
      const world = new SchedulerWorld({
        schedules,
        start: "2026-01-31T00:30:00Z",
        store,
        longestSleepMs,
      });
      const machines = [1, 2, 3].map(() => new Machine(world));
      await world.clock.advance(HOURS * HOUR_MS);
      for (const machine of machines) await machine.stop();
      await store.close();
      expect(new Set(world.instants).size).toBe(HOURS);
      expect(world.told("store-unfit")).toHaveLength(server.conditionalWrites ? 0 : 3);
      if (server.conditionalWrites) expect(world.instants).toHaveLength(HOURS);
      console.log(`${server.name}: ${HOURS} instants, ${world.instants.length} runs`);
    });
  },
);
