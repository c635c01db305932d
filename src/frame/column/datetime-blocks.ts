import { datetimeText } from "./moment.ts";

/** Rows of a block, and what each takes in it: YYYY-MM-DDTHH:MM:SS. */
const ROWS = 256;
const WIDTH = 19;
/** Rows are read one after the other when so many have been, each at most so far behind the one before. */
const STREAK = 8;
const NEAR = 64;

const DAY_MS = 86_400_000;
const MINUS = 45;
const COLON = 58;
const LETTER_T = 84;

const bytes = Buffer.alloc(ROWS * WIDTH, MINUS);
for (let at = 0; at < bytes.length; at += WIDTH) {
  bytes[at + 10] = LETTER_T;
  bytes[at + 13] = COLON;
  bytes[at + 16] = COLON;
}

/** Texts of datetimes of whole seconds: those read one after the other are made many at once. */
export class DatetimeBlocks {
  readonly #length: number;
  readonly #msAt: (row: number) => number;
  #block = "";
  /** the rows of the block */
  #first = 0;
  #end = 0;
  #last = -1;
  #streak = 0;

  /** @param msAt milliseconds since 1970; of rows that are missing, any number */
  constructor(length: number, msAt: (row: number) => number) {
    this.#length = length;
    this.#msAt = msAt;
  }

  text(row: number): string {
    if (row >= this.#first && row < this.#end) return this.#ofBlock(row);
    const distance = row - this.#last;
    this.#streak = distance > 0 && distance < NEAR ? this.#streak + 1 : 0;
    this.#last = row;
    if (this.#streak < STREAK) return datetimeText(this.#msAt(row));
    this.#write(row);
    return row < this.#end ? this.#ofBlock(row) : datetimeText(this.#msAt(row));
  }

  #ofBlock(row: number): string {
    this.#last = row;
    const at = (row - this.#first) * WIDTH;
    return this.#block.slice(at, at + WIDTH);
  }

  /** Makes the texts from a row on, up to one that has parts of a second or lies in no year of four digits. */
  #write(first: number): void {
    const end = Math.min(first + ROWS, this.#length);
    let row = first;
    for (let at = 0; row < end; row++, at += WIDTH) {
      const ms = this.#msAt(row);
      if (!(ms % 1000 === 0 && ms >= FIRST_MS && ms <= LAST_MS)) break;
      const day = Math.floor(ms / DAY_MS);
      putDay(at, day);
      putClock(at + 11, (ms - day * DAY_MS) / 1000);
    }
    this.#block = bytes.toString("latin1", 0, (row - first) * WIDTH);
    this.#first = first;
    this.#end = row;
  }
}

/** From 0001-01-01 to the end of 9999. */
const FIRST_MS = -719_162 * DAY_MS;
const LAST_MS = 2_932_897 * DAY_MS - 1;

/** Days from 0000-03-01, where years of 400 begin whose last day is the leap day, to 1970-01-01. */
const TO_MARCH = 719_468;
const ERA_DAYS = 146_097;

/** Writes the year, month and day of a day since 1970, counted in years that begin in March. */
function putDay(at: number, day: number): void {
  const days = day + TO_MARCH;
  const era = (days / ERA_DAYS) | 0;
  const ofEra = days - era * ERA_DAYS;
  const leaps = ((ofEra / 1460) | 0) - ((ofEra / 36_524) | 0) + ((ofEra / 146_096) | 0);
  const yearOfEra = ((ofEra - leaps) / 365) | 0;
  const ofYear = ofEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const fromMarch = ((5 * ofYear + 2) / 153) | 0;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const century = (year / 100) | 0;
  putTwo(at, century);
  putTwo(at + 2, year - century * 100);
  putTwo(at + 5, month);
  putTwo(at + 8, ofYear - (((153 * fromMarch + 2) / 5) | 0) + 1);
}

function putClock(at: number, second: number): void {
  const minute = (second / 60) | 0;
  const hour = (minute / 60) | 0;
  putTwo(at, hour);
  putTwo(at + 3, minute - hour * 60);
  putTwo(at + 6, second - minute * 60);
}

function putTwo(at: number, number: number): void {
  const tens = (number / 10) | 0;
  bytes[at] = 48 + tens;
  bytes[at + 1] = 48 + number - tens * 10;
}
