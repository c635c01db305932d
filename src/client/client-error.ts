/** A request that the server has refused, and why. */
export class HexClientError extends Error {
  readonly status: number;
  /** the id of the request in the server's log */
  readonly traceId: string | undefined;
  /** values of inputs that break their rules, by the server's own account */
  readonly invalid: readonly unknown[];
  /** names of inputs that the project does not have */
  readonly notFound: readonly string[];

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(String(body["reason"] ?? body["message"] ?? `the server answered ${status}`));
    this.name = "HexClientError";
    this.status = status;
    this.traceId = typeof body["traceId"] === "string" ? body["traceId"] : undefined;
    this.invalid = Array.isArray(body["invalid"]) ? body["invalid"] : [];
    this.notFound = Array.isArray(body["notFound"]) ? body["notFound"].map(String) : [];
  }
}
