import type { Redis } from "ioredis";
import { type Ending, lostLeaseCause, type TakenJob, type TakeOptions, toTaken } from "../claim.ts";
import {
  type CancelAnswer,
  type ClaimState,
  type EndAnswer,
  type Job,
  type JobSpec,
  LANES,
  type LaneCounts,
  toLaneCounts,
} from "../queue.ts";
import { ALTERED_CAUSE, isSound, type JobRecord, toJob } from "../stored-job.ts";

/** Ended jobs are kept for an hour, and as long a repeated submit of them is known. */
const KEPT_SECONDS = 60 * 60;

/**
 * The part that all moves share. Under the prefix of a queue are:
 *
 * - `job:<id>`: a hash of all that is known of a job
 * - `queued:<lane>`: ids in the order in which they are taken
 * - `paused:<lane>`: ids of failed jobs, by the time at which they are queued again
 * - `claimed:<lane>`: ids by the time at which their lease is looked at, on the server's clock
 * - `sequence`: how many jobs were submitted; `wake`: a channel for changes, with the id of a job whose
 *   worker is to stop
 *
 * A lease has two stages: after two thirds it is late, and after one third more it has run out. So
 * every worker has the time to renew its lease when a server comes back that was away for long.
 */
const SHARED = `
local prefix, call = KEYS[1], redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function keyOf(id) return prefix .. ':job:' .. id end
local function setOf(kind, lane) return prefix .. ':' .. kind .. ':' .. lane end
local function get(id, field) return call('HGET', keyOf(id), field) end
local function getText(id, field) return get(id, field) or '' end
local function getNumber(id, field) return tonumber(get(id, field) or 0) or 0 end
local function wake(id) call('PUBLISH', prefix .. ':wake', id or '') end

local function queue(id, lane)
  local turn = getNumber(id, 'priority') * 2 ^ 40 + getNumber(id, 'sequence')
  call('ZADD', setOf('queued', lane), turn, id)
  wake()
end

local function isHeld(id, number)
  return get(id, 'state') == 'claimed' and get(id, 'claims') == number
end

-- Also when memory is full: a script may add what it likes once it has taken something away.
local function lease(id, lane, state, ms)
  call('ZREM', setOf('claimed', lane), id)
  call('HSET', keyOf(id), 'lease', state)
  call('ZADD', setOf('claimed', lane), now + ms, id)
end

-- Ends the attempt under way; a cancellation comes first.
local function endAttempt(id, lane, state, uncounted, pauseMs, cause)
  call('ZREM', setOf('claimed', lane), id)
  if get(id, 'cancel_requested') then state = 'cancelled' end
  call('HSET', keyOf(id), 'state', state, 'attempts', getNumber(id, 'attempts') - uncounted)
  if cause ~= '' then call('HSET', keyOf(id), 'cause', cause) end
  if state ~= 'queued' then
    call('EXPIRE', keyOf(id), ${KEPT_SECONDS})
    wake()
  elseif pauseMs == 0 then queue(id, lane)
  else call('ZADD', setOf('paused', lane), now + pauseMs, id) end
  return state
end
`;

const SUBMIT = `${SHARED}
local id, lane, priority, payload = unpack(ARGV)
if call('EXISTS', keyOf(id)) == 1 then return 'known' end
call('HSET', keyOf(id), 'id', id, 'lane', lane, 'priority', priority, 'payload', payload,
  'sequence', call('INCR', prefix .. ':sequence'), 'state', 'queued', 'attempts', 0, 'claims', 0)
queue(id, lane)
return 'submitted'`;

const TAKE = `${SHARED}
local lane, worker, atMost, leaseMs, mostAttempts, cause = unpack(ARGV)
local paused, claimed = setOf('paused', lane), setOf('claimed', lane)
for _, id in ipairs(call('ZRANGEBYSCORE', paused, '-inf', now)) do
  call('ZREM', paused, id)
  queue(id, lane)
end
for _, id in ipairs(call('ZRANGEBYSCORE', claimed, '-inf', now)) do
  if get(id, 'state') ~= 'claimed' then call('ZREM', claimed, id)
  elseif get(id, 'lease') ~= 'late' then lease(id, lane, 'late', getNumber(id, 'lease_ms') / 3)
  else
    local isLast = getNumber(id, 'attempts') >= tonumber(mostAttempts)
    endAttempt(id, lane, isLast and 'dead' or 'queued', 0, 0, string.format(cause, getText(id, 'worker')))
  end
end
if atMost ~= '' and call('ZCARD', claimed) >= tonumber(atMost) then return {} end
local id
repeat
  id = call('ZPOPMIN', setOf('queued', lane))[1]
  if not id then return {} end
until get(id, 'state') == 'queued'
call('HDEL', keyOf(id), 'progress')
call('HSET', keyOf(id), 'state', 'claimed', 'worker', worker, 'lease_ms', leaseMs,
  'attempts', getNumber(id, 'attempts') + 1, 'claims', getNumber(id, 'claims') + 1)
lease(id, lane, 'held', leaseMs * 2 / 3)
return call('HGETALL', keyOf(id))`;

const RENEW = `${SHARED}
local id, lane, number, leaseMs = unpack(ARGV)
if not isHeld(id, number) then return 'lost' end
lease(id, lane, 'held', leaseMs * 2 / 3)
return get(id, 'cancel_requested') and 'cancelled' or 'held'`;

const PROGRESS = `${SHARED}
local id, number, progress = unpack(ARGV)
if isHeld(id, number) then call('HSET', keyOf(id), 'progress', progress) end`;

/** An end that comes twice, since its first answer got lost, is answered as before. */
const END = `${SHARED}
local id, lane, number, state, uncounted, pauseMs, cause = unpack(ARGV)
if get(id, 'ended_claim') == number then return get(id, 'ended_state') end
if not isHeld(id, number) then return 'lost' end
local answer = endAttempt(id, lane, state, tonumber(uncounted), tonumber(pauseMs), cause)
call('HSET', keyOf(id), 'ended_claim', number, 'ended_state', answer)
return answer`;

const CANCEL = `${SHARED}
local id = ARGV[1]
local state, lane = get(id, 'state'), getText(id, 'lane')
if not state then return 'unknown' end
if state ~= 'queued' and state ~= 'claimed' then return 'ended' end
call('ZREM', setOf('queued', lane), id)
call('ZREM', setOf('paused', lane), id)
call('HSET', keyOf(id), 'cancel_requested', 1)
if state == 'claimed' then
  wake(id)
  return 'requested'
end
call('HSET', keyOf(id), 'state', 'cancelled')
call('EXPIRE', keyOf(id), ${KEPT_SECONDS})
return 'cancelled'`;

const COUNT = `${SHARED}
local counts = {}
for _, lane in ipairs(ARGV) do
  table.insert(counts, call('ZCARD', setOf('queued', lane)) + call('ZCARD', setOf('paused', lane)))
  table.insert(counts, call('ZCARD', setOf('claimed', lane)))
end
return counts`;

export interface LeaseRules {
  /** how long a claim is good for; milliseconds */
  readonly leaseMs: number;
  /** after so many attempts a job is dead */
  readonly mostAttempts: number;
}

/** The jobs of a queue on a Redis server. Each move is one script: all of it is done, or nothing. */
export class RedisJobs {
  readonly #client: Redis;
  readonly #prefix: string;
  readonly #rules: LeaseRules;

  constructor(client: Redis, prefix: string, rules: LeaseRules) {
    this.#client = client;
    this.#prefix = prefix;
    this.#rules = rules;
  }

  submit({ id, lane, priority }: JobSpec, payload: string): Promise<"submitted" | "known"> {
    return this.#run(SUBMIT, id, lane, priority, payload);
  }

  /** Takes the job of a lane whose turn it is, having seen to pauses and leases that ran out. */
  async take(options: TakeOptions): Promise<TakenJob | undefined> {
    const { leaseMs, mostAttempts } = this.#rules;
    const { lane, worker, atMost = "" } = options;
    const cause = lostLeaseCause("%s");
    const fields = await this.#run<string[]>(
      TAKE,
      lane,
      worker,
      atMost,
      leaseMs,
      mostAttempts,
      cause,
    );
    const record = toRecord(fields);
    if (record === undefined) return undefined;
    const taken = toTaken(record);
    if (isSound(record)) return taken;
    await this.end(taken, { next: "dead", cause: ALTERED_CAUSE });
    return this.take(options);
  }

  renew({ job, number }: TakenJob): Promise<ClaimState> {
    return this.#run(RENEW, job.id, job.lane, number, this.#rules.leaseMs);
  }

  /** Keeps the progress of an attempt, if it still counts. */
  async progress({ job, number }: TakenJob, progress: string): Promise<void> {
    await this.#run(PROGRESS, job.id, number, progress);
  }

  end({ job, number }: TakenJob, ending: Ending): Promise<EndAnswer> {
    const { next, uncounted = 0, pauseMs = 0, cause = "" } = ending;
    return this.#run(END, job.id, job.lane, number, next, uncounted, pauseMs, cause);
  }

  cancel(id: string): Promise<CancelAnswer> {
    return this.#run(CANCEL, id);
  }

  async find(id: string): Promise<Job | undefined> {
    const record = await this.#client.hgetall(`${this.#prefix}:job:${id}`);
    return record["id"] === undefined ? undefined : toJob(record);
  }

  async count(): Promise<LaneCounts> {
    const counts = await this.#run<number[]>(COUNT, ...LANES);
    return toLaneCounts((lane) => {
      const [queued = 0, claimed = 0] = counts.slice(2 * LANES.indexOf(lane));
      return { queued, claimed };
    });
  }

  async #run<T>(script: string, ...args: readonly (string | number)[]): Promise<T> {
    return (await this.#client.eval(script, 1, this.#prefix, ...args)) as T;
  }
}

/** A hash as scripts answer with it: a field, its value, the next field, … */
function toRecord(fields: readonly string[]): JobRecord | undefined {
  if (fields.length === 0) return undefined;
  const pairs = fields.flatMap((field, index) =>
    index % 2 === 0 ? [[field, fields[index + 1] ?? ""] as const] : [],
  );
  return Object.fromEntries(pairs);
}
