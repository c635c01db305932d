import type { CellOutput } from "../cell-output.ts";
import type { RunEvent } from "../run-event.ts";
import {
  LEAVING,
  type Leaving,
  type Rule,
  redactChoices,
  redactOutput,
  type TextRules,
} from "./redaction-rules.ts";
import { toForms } from "./secret-forms.ts";
import { type Look, newLook, SecretMatcher } from "./secret-matcher.ts";

/** Takes secrets out of what leaves, where that may hold any. */
export type Redact = <Data>(data: Data, as: Leaving) => Data;

/** Takes secrets out of the lines of one source after the other, also where they go on in the next line. */
export type RedactLine = (source: string, line: string) => string;

/** Takes a project's secrets out of texts, events and outputs. */
export interface Redactor {
  readonly redact: Redact;
  /** redacts lines that belong together */
  readonly openLines: () => RedactLine;
  /** as `openLines`, of what is printed among names; ordinary words stay */
  readonly openPrinted: () => RedactLine;
  /** redacts the events of one run */
  readonly openEvents: () => (event: RunEvent) => RunEvent;
  /** tells what the project itself names: that is no leak where a name may stand */
  readonly spare: (names: Iterable<string>) => void;
  /** the secret that stands in a name which a cell has made up */
  readonly findSecret: (name: string) => string | undefined;
  /** the secrets that are ordinary words or numbers, and those that stand in names of the project */
  readonly findCommon: () => readonly CommonSecret[];
}

/** A secret that stands where nobody would look for one. */
interface CommonSecret {
  readonly secret: string;
  /** why: it is a word or a number, or a name or value of the project */
  readonly why: "ordinary" | "named";
}

/** Makes the redactor of secrets, which are values by name. */
export function toRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  return Object.keys(secrets).length === 0 ? NOTHING_SECRET : new SecretRedactor(secrets);
}

const NOTHING_SECRET: Redactor = {
  redact: (data) => data,
  openLines: () => (_, line) => line,
  openPrinted: () => (_, line) => line,
  openEvents: () => (event) => event,
  spare: () => undefined,
  findSecret: () => undefined,
  findCommon: () => [],
};

class SecretRedactor implements Redactor {
  readonly #secrets: readonly (readonly [name: string, value: string])[];
  readonly #all: SecretMatcher;
  /** without those that are ordinary words */
  readonly #strong: SecretMatcher;
  readonly #spared = new Set<string>();
  readonly #rules: TextRules;

  constructor(secrets: Readonly<Record<string, string>>) {
    this.#secrets = Object.entries(secrets);
    const values = [...new Set(Object.values(secrets))];
    const strong = values.filter((value) => !isOrdinary(value));
    this.#all = matcherOf(values);
    this.#strong = strong.length === values.length ? this.#all : matcherOf(strong);
    const value = (text: string) => this.#all.redact(text);
    const name = (text: string) => (this.#spared.has(text) ? text : this.#strong.redact(text));
    // Days, numbers and options that are not known here have no blanks; what people type has.
    const choice = (text: string) =>
      /\s/.test(text) && !this.#spared.has(text) ? value(text) : name(text);
    this.#rules = { value, name, choice };
  }

  readonly redact: Redact = (data, as) => this.#apply(LEAVING[as], data) as typeof data;

  readonly openLines = (): RedactLine => toRedactLine(this.#all);

  readonly openPrinted = (): RedactLine => toRedactLine(this.#strong);

  readonly openEvents = () => {
    const [redactLine, redactMessage] = [this.openLines(), this.openLines()];
    return (event: RunEvent): RunEvent => {
      switch (event.type) {
        case "line-logged": {
          const line = redactLine(event.name ?? "", event.line);
          return line === event.line ? event : { ...event, line };
        }
        case "cell-progressed":
          return { ...event, message: redactMessage(event.name, event.message) };
        default:
          return this.redact(event, "event");
      }
    };
  };

  readonly spare = (names: Iterable<string>): void => {
    for (const name of names) this.#spared.add(name);
  };

  readonly findSecret = (name: string): string | undefined => {
    if (this.#rules.name(name) === name) return undefined;
    const held = this.#secrets.find(
      ([, value]) => new SecretMatcher(toForms([value])).redact(name) !== name,
    );
    return held?.[0];
  };

  readonly findCommon = (): readonly CommonSecret[] => {
    const spared = [...this.#spared];
    return this.#secrets.flatMap(([secret, value]): CommonSecret[] => {
      if (isOrdinary(value)) return [{ secret, why: "ordinary" }];
      return spared.some((name) => name.includes(value)) ? [{ secret, why: "named" }] : [];
    });
  };

  #apply(rule: Rule, data: unknown): unknown {
    if (data === null || data === undefined) return data;
    if (typeof rule === "object")
      return "each" in rule ? this.#each(rule.each, data) : this.#fields(rule.fields, data);
    if (rule === "output") return redactOutput(data as CellOutput, this.#rules);
    if (rule === "choices") return redactChoices(data, this.#rules.choice);
    if (typeof data !== "string") return data;
    return rule === "text" ? this.#all.redact(data, { isOpen: true }) : this.#rules[rule](data);
  }

  #each(rule: Rule, data: unknown): unknown {
    return Array.isArray(data) ? data.map((each) => this.#apply(rule, each)) : data;
  }

  #fields(rules: Readonly<Record<string, Rule>>, data: unknown): unknown {
    if (typeof data !== "object" || Array.isArray(data)) return data;
    const told: Record<string, unknown> = { ...data };
    for (const [key, rule] of Object.entries(rules)) {
      if (Object.hasOwn(told, key)) told[key] = this.#apply(rule, told[key]);
    }
    return told;
  }
}

function toRedactLine(matcher: SecretMatcher): RedactLine {
  const looks = new Map<string, Look>();
  return (source, line) => {
    let look = looks.get(source);
    if (look === undefined) {
      look = newLook();
      looks.set(source, look);
    }
    return matcher.redact(line, { look, isOpen: true });
  };
}

/** Secrets are read again and again in one process: what finds them is made once. */
const made = new Map<string, SecretMatcher>();
const MOST_MADE = 4;

function matcherOf(secrets: readonly string[]): SecretMatcher {
  const key = JSON.stringify(secrets);
  const matcher = made.get(key) ?? new SecretMatcher(toForms(secrets));
  made.delete(key);
  made.set(key, matcher);
  const [oldest] = made.keys();
  if (made.size > MOST_MADE && oldest !== undefined) made.delete(oldest);
  return matcher;
}

const NUMBER = /^[+-]?\d{1,9}([.,]\d{1,9})?$/;
const WORD = /^\p{L}?(\p{Ll}{3,9}|\p{Lu}{3,9})$/u;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Whether a secret is a word, a number or a day, as stand all over ordinary text and data. */
function isOrdinary(secret: string): boolean {
  return NUMBER.test(secret) || WORD.test(secret) || DAY.test(secret);
}
