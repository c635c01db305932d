/** One way in which a secret may stand in a text. */
export interface SecretForm {
  readonly text: string;
  /**
   * `whole`: it is a leak from its first sign to its last. `pieces`: each piece of it is, as it says
   * nothing to anybody who does not decode it.
   */
  readonly leaks: "whole" | "pieces";
}

/** Shorter texts are no leak: they are found all over ordinary text. */
const SHORTEST_FORM = 4;
/** So many consecutive signs of a form that leaks in pieces are taken out. */
export const PIECE = 8;
/** Of all forms together, in characters; what is encoded twice has to go without beyond it. */
const MOST_LENGTH = 200_000;
/** Of longer forms, hex is not encoded again, nor are they in hex. */
const LONG = 1_000;
/** A line of a secret of several lines that is as long is a secret itself. */
const SHORTEST_LINE = 8;
/** First and last lines of keys and certificates, of any maker. */
const COMMON_LINE = /^-----(BEGIN|END) [A-Z0-9 ]+-----$/;

/** All forms of secrets that are looked for: as they are, encoded once, and encoded twice. */
export function toForms(secrets: readonly string[]): readonly SecretForm[] {
  const plain = secrets.flatMap((secret) => [
    { text: secret, leaks: "whole" } as const,
    ...toLines(secret).map((text) => ({ text, leaks: "whole" }) as const),
    ...toTokens(secret).map((text) => ({ text, leaks: "pieces" }) as const),
  ]);
  const once = secrets.flatMap((secret) =>
    encode({ text: secret, leaks: "whole" }).concat(toLines(secret).flatMap(encodeReadably)),
  );
  const forms = new Map<string, SecretForm>();
  let length = 0;
  const add = (form: SecretForm) => {
    const { text, leaks } = form;
    const known = forms.get(text);
    if (text.length < SHORTEST_FORM || (known && (known.leaks === "pieces" || leaks === "whole")))
      return;
    forms.set(text, form);
    length += text.length;
  };
  for (const form of [...plain, ...once]) add(form);
  for (const form of once) {
    if (length > MOST_LENGTH) break;
    const isLong = form.text.length > LONG;
    if (!isLong || !isHex(form.text)) encode(form, isLong).forEach(add);
  }
  return [...forms.values()];
}

/** The lines of a secret of several lines that are secrets themselves. */
function toLines(secret: string): string[] {
  if (!/[\r\n]/.test(secret)) return [];
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  return lines.filter((line) => line.length >= SHORTEST_LINE && !COMMON_LINE.test(line));
}

/** Whether a text looks random, as keys and tokens do. Of these a part is a leak as well. */
function toTokens(secret: string): string[] {
  const runs = secret.match(/[\w+/=-]{32,}/g) ?? [];
  return runs.filter((run) => /\d/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run));
}

function isHex(text: string): boolean {
  return /^(?:[0-9a-f]+|[0-9A-F]+)$/.test(text);
}

/** The form in all encodings; hex may be left out, which makes the most of long ones. */
function encode({ text, leaks }: SecretForm, isWithoutHex = false): SecretForm[] {
  const bytes = Buffer.from(text);
  const hex = isWithoutHex ? "" : bytes.toString("hex");
  const base64 = [0, 1, 2].map((before) => toBase64Core(bytes, before));
  const unreadable = [
    ...[hex, hex.toUpperCase()],
    ...base64,
    ...base64.map((each) => each.replaceAll("+", "-").replaceAll("/", "_")),
  ];
  return [
    ...encodeReadably(text).map((form) => ({ ...form, leaks })),
    ...unreadable.map((each) => ({ text: each, leaks: "pieces" }) as const),
  ];
}

/** Encodings that leave most of a text as it is. */
function encodeReadably(text: string): SecretForm[] {
  // Half of a surrogate pair cannot be encoded.
  const whole = text.replace(/\p{Surrogate}/gu, "\ufffd");
  const uri = encodeURIComponent(whole);
  const query = new URLSearchParams([["", whole]]).toString().slice(1);
  const json = JSON.stringify(text).slice(1, -1);
  const toLower = (encoded: string) => encoded.replace(/%../g, (each) => each.toLowerCase());
  const texts = [uri, toLower(uri), query, toLower(query), json];
  return texts.map((each) => ({ text: each, leaks: "whole" }));
}

/** The part of a longer text's base64 that is of these bytes alone, after 0, 1 or 2 other bytes. */
function toBase64Core(bytes: Buffer, before: number): string {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]);
  const encoded = whole.toString("base64").replace(/=+$/, "");
  // Signs that hold bits of what comes before or after are others there.
  const start = Math.ceil((8 * before) / 6);
  return encoded.slice(start, Math.floor((8 * whole.length) / 6));
}
