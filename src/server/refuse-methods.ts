import type { FastifyInstance, HTTPMethods } from "fastify";
import { HttpFailure } from "./http-failure.ts";

/** Adds routes, and answers every other method on their addresses with 405. */
export function refuseOtherMethods(app: FastifyInstance, addRoutes: () => void): void {
  const methods = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    for (const each of [method].flat()) known.add(each);
    methods.set(url, known);
  });
  addRoutes();
  for (const [url, allowed] of [...methods]) {
    const list = [...allowed].join(", ");
    const others = app.supportedMethods.filter((method) => !allowed.has(method));
    app.route({
      method: others as HTTPMethods[],
      url,
      config: { auth: "read" },
      handler: async () => {
        throw new HttpFailure(405, `Expected one of the methods ${list}, got another`, {
          headers: { allow: list },
        });
      },
    });
  }
}
