import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

const ANSWER_LIMIT_MS = 30_000;

/**
 * Sends requests at a fixed rate, each at its moment, whatever became of those before it; a time
 * counts from the moment at which the request was due, so a stall is in the time of every request
 * that it held up, whether it was the server's or our own.
 *
 * autocannon is not used: a connection of it waits for its answer before it sends again, and the times
 * that are missed this way it estimates.
 */
export async function loadAtRate(target, { perSecond, seconds }) {
  const agent = new Agent({ keepAlive: true });
  const asked = [];
  const lateMs = [];
  const startedMs = performance.now();
  for (let number = 0; number < perSecond * seconds; number++) {
    const dueMs = startedMs + (number / perSecond) * 1_000;
    while (performance.now() < dueMs) await wait(dueMs - performance.now());
    lateMs.push(performance.now() - dueMs);
    asked.push(ask(target, agent, { dueMs, number }));
  }
  const answers = await Promise.all(asked);
  agent.destroy();
  return { ...toFigures(answers, startedMs), lateP99Ms: percentile(lateMs, 0.99) };
}

/** Sends so many requests in all, the next one as soon as one of those under way is answered. */
export async function loadInTurn(target, { requests, atOnce }) {
  const agent = new Agent({ keepAlive: true });
  const answers = [];
  const startedMs = performance.now();
  let sent = 0;
  const sendOnAndOn = async () => {
    while (sent < requests) {
      const number = sent++;
      answers.push(await ask(target, agent, { dueMs: performance.now(), number }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sendOnAndOn));
  agent.destroy();
  return toFigures(answers, startedMs);
}

/** A target with a body is posted to, and may have another body for each request. */
function ask({ url, headers = {}, toBody }, agent, { dueMs, number }) {
  const method = toBody === undefined ? "GET" : "POST";
  return new Promise((resolve) => {
    const end = (status) => {
      const endedMs = performance.now();
      resolve({ status, endedMs, tookMs: endedMs - dueMs });
    };
    const sent = request(url, { method, agent, headers, timeout: ANSWER_LIMIT_MS }, (answer) => {
      answer.on("error", () => end("cut")).on("end", () => end(answer.statusCode));
      answer.resume();
    });
    sent.on("timeout", () => sent.destroy()).on("error", () => end("cut"));
    sent.end(toBody?.(number));
  });
}

/** Times are of all requests, also of those that failed. */
function toFigures(answers, startedMs) {
  const times = answers.map(({ tookMs }) => tookMs);
  const good = answers.filter(({ status }) => status === 200).length;
  const refused = answers.filter(({ status }) => status === 503).length;
  const totalMs = Math.max(...answers.map(({ endedMs }) => endedMs)) - startedMs;
  return {
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    p975Ms: percentile(times, 0.975),
    p99Ms: percentile(times, 0.99),
    maxMs: percentile(times, 1),
    errors: answers.length - good,
    refused,
    totalMs,
    deliveredPerSecond: (good / totalMs) * 1_000,
  };
}

function percentile(times, share) {
  return times.toSorted((left, right) => left - right)[Math.ceil(times.length * share) - 1];
}
