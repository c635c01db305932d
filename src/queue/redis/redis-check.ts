import type { Redis } from "ioredis";
import { LANES } from "../queue.ts";

/** The commands by which a server is checked. */
export interface CheckedServer {
  info(): Promise<string>;
  config(ask: "GET", name: string): Promise<unknown>;
}

const OLDEST = [6, 2] as const;

/** Faults in how a server is set up, a sentence each. */
export async function checkServer(
  client: CheckedServer,
  location: string,
): Promise<readonly string[]> {
  const facts = toFacts(await client.info());
  return [
    checkVersion(facts),
    checkEviction(facts),
    checkPersistence(facts, await readSave(client)),
  ]
    .filter((sentence) => sentence !== undefined)
    .map((sentence) => `The Redis server ${location} ${sentence}`);
}

/** Keys of an older build, which kept its jobs by BullMQ. */
export async function checkLeftovers(
  client: Pick<Redis, "exists">,
  location: string,
  prefix: string,
): Promise<readonly string[]> {
  const lanes = LANES.map((lane) => `${prefix}:${lane}`);
  if ((await client.exists(...lanes.map((lane) => `${lane}:meta`))) === 0) return [];
  const keys = lanes.map((lane) => `${lane}:*`).join(" and ");
  return [
    `The Redis server ${location} still holds jobs of an older version of hex-runtime under ${keys} (workers queue their runs again; delete these keys once no older worker runs)`,
  ];
}

type Facts = ReadonlyMap<string, string>;

function toFacts(info: string): Facts {
  const lines = info.matchAll(/^(\w+):(.*?)\r?$/gm);
  return new Map([...lines].map(([, name = "", value = ""]) => [name, value]));
}

function checkVersion(facts: Facts): string | undefined {
  // Valkey goes on counting from 7.2, and names that version for programs that ask Redis for its own.
  const version = facts.get("redis_version") ?? "0";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `is version ${version}, older than ${OLDEST.join(".")} (update it)`;
}

function checkEviction(facts: Facts): string | undefined {
  const policy = facts.get("maxmemory_policy");
  if (policy === undefined || policy === "noeviction") return undefined;
  return `throws jobs away when its memory is full (set \`maxmemory-policy noeviction\` instead of ${policy})`;
}

function checkPersistence(facts: Facts, save: string | undefined): string | undefined {
  if (facts.get("aof_enabled") === "1") return undefined;
  if (save === "") {
    return "keeps jobs in memory only, so that a restart loses all that wait (set `appendonly yes`)";
  }
  return "saves jobs now and then only, so that a crash loses the newest (set `appendonly yes`)";
}

/** When it saves a snapshot; hosted servers often hide it. */
async function readSave(client: CheckedServer): Promise<string | undefined> {
  const answer = await client.config("GET", "save").catch(() => undefined);
  const value: unknown = Array.isArray(answer) ? answer[1] : undefined;
  return typeof value === "string" ? value : undefined;
}
