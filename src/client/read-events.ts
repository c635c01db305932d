/** An event as it came. */
export interface HeardEvent {
  readonly name: string;
  readonly data: unknown;
  readonly id: string;
}

/** The server-sent events of an answer, in order, until it ends or its connection breaks. */
export async function* readEvents(answer: Response): AsyncGenerator<HeardEvent, void, undefined> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const part = await reader?.read().catch(() => undefined);
      if (part === undefined || part.done) return;
      const events = (text + part.value).split("\n\n");
      text = events.pop() ?? "";
      yield* events.flatMap((each) => parseEvent(each) ?? []);
    }
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
}

/** Undefined for what only keeps the connection alive. */
function parseEvent(text: string): HeardEvent | undefined {
  const fields = new Map(text.split("\n").map(toField));
  const data = fields.get("data");
  if (data === undefined) return undefined;
  return {
    name: fields.get("event") ?? "message",
    id: fields.get("id") ?? "",
    data: JSON.parse(data),
  };
}

function toField(line: string): [string, string] {
  const colon = line.indexOf(": ");
  return [line.slice(0, colon), line.slice(colon + 2)];
}
