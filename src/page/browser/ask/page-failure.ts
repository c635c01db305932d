/** Why the server did not give what a page asked for: one sentence for the viewer. */
export class PageFailure extends Error {
  /** HTTP status; 0 when there was no answer at all */
  readonly status: number;
  /** how long to wait before asking again, in milliseconds, where the server says so */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, message: string, retryAfterMs?: number) {
    super(message);
    this.name = "PageFailure";
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether what was asked for is not held any more, as an evaluation that was dropped. */
  get isGone(): boolean {
    return this.status === 410;
  }

  /** Whether the same request may well succeed a little later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

/** The failure that an answer tells. */
export async function failureOf(response: Response): Promise<PageFailure> {
  const told = sentenceIn(await response.text().catch(() => ""));
  const message = told ?? `Expected an answer, got HTTP status ${response.status}`;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new PageFailure(
    response.status,
    message,
    Number.isFinite(seconds) ? seconds * 1_000 : undefined,
  );
}

/** The sentence of an error's JSON; undefined for anything else, such as a proxy's page. */
function sentenceIn(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null) return undefined;
    const { message, reason } = body as Readonly<Record<string, unknown>>;
    return [message, reason].find((each) => typeof each === "string" && each !== "") as
      | string
      | undefined;
  } catch {
    return undefined;
  }
}
