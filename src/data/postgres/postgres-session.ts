import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { expectation, toMessage } from "../../errors.ts";
import { MessageReader, type MessageTaker } from "./message-reader.ts";
import {
  bindMessage,
  describeMessage,
  executeMessage,
  parseMessage,
  REPLY,
  readColumns,
  readParameterTypes,
  readServerError,
  readTexts,
  type ServerError,
  syncMessage,
  terminateMessage,
  type WireBody,
  type WireColumn,
  type WireFormat,
} from "./wire-messages.ts";

interface SessionSpec {
  /** the connection, on which a user was let in and nothing is going on */
  readonly stream: Duplex;
  /** as messages name it */
  readonly server: string;
  readonly askToCancel: () => Promise<void>;
}

/** What the server says about a statement. */
export interface Statement {
  readonly parameterTypes: readonly number[];
  /** undefined where it gives no rows, as an UPDATE */
  readonly columns: readonly WireColumn[] | undefined;
}

/** Takes the rows of a result. */
export interface RowTaker {
  /** A row; its bytes hold until `onBlockEnd`. */
  onRow(body: WireBody): void;
  onBlockEnd(): void;
}

/** One request, from its first message to the server's "ready". */
interface Exchange {
  readonly taker: RowTaker;
  columns?: readonly WireColumn[] | undefined;
  parameterTypes: readonly number[];
  refusal?: ServerError | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const NO_ROWS: RowTaker = { onRow: () => undefined, onBlockEnd: () => undefined };
const CLOSE_LIMIT_MS = 1_000;
/** How long a server that was asked to end a statement may take before it is left alone. */
const CANCEL_LIMIT_MS = 2_000;
const CANCEL_STEP_MS = 100;

/** A conversation with a server: one request after the other. */
export class PostgresSession implements MessageTaker {
  readonly #spec: SessionSpec;
  #exchange: Exchange | undefined;
  #isOver = false;
  #isCancelled = false;

  constructor(spec: SessionSpec) {
    this.#spec = spec;
    const { stream } = spec;
    const reader = new MessageReader(this);
    stream.removeAllListeners("data");
    stream.on("data", (chunk: Buffer) => {
      if (this.#isOver) return;
      try {
        reader.take(chunk);
      } catch (error) {
        // What the taker of the rows refuses: more of them make no sense.
        this.#fail(error);
      }
    });
    stream.on("error", (error) => this.#lose(toMessage(error)));
    stream.on("close", () => this.#lose("its end"));
  }

  onMessage(kind: number, body: WireBody): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if (kind === REPLY.dataRow) exchange.taker.onRow(body);
    else if (kind === REPLY.rowDescription) exchange.columns = readColumns(body);
    else if (kind === REPLY.parameterTypes) exchange.parameterTypes = readParameterTypes(body);
    else if (kind === REPLY.error) exchange.refusal ??= readServerError(body);
    else if (kind === REPLY.ready) this.#settle(exchange);
  }

  onBlockEnd(): void {
    this.#exchange?.taker.onBlockEnd();
  }

  /** Gives what the server knows about a statement before it runs it. @throws {ServerError} */
  async prepare(sql: string): Promise<Statement> {
    const { columns, parameterTypes } = await this.#send(
      [parseMessage(sql), describeMessage()],
      NO_ROWS,
    );
    return { columns, parameterTypes };
  }

  /** Runs the statement that was prepared last. @throws {ServerError} */
  async execute(
    parameters: readonly (string | null)[],
    formats: readonly WireFormat[],
    taker: RowTaker,
  ): Promise<void> {
    await this.#send([bindMessage(parameters, formats), executeMessage()], taker);
  }

  /** Runs a statement of ours, and gives its rows as texts. @throws {ServerError} */
  async rows(sql: string, parameters: readonly string[] = []): Promise<(string | null)[][]> {
    const rows: (string | null)[][] = [];
    const taker = { ...NO_ROWS, onRow: (body: WireBody) => rows.push(readTexts(body)) };
    const messages = [parseMessage(sql), bindMessage(parameters, []), executeMessage()];
    await this.#send(messages, taker);
    return rows;
  }

  /** Has the server end what it does for us; what waits for it fails then, and nothing else begins. */
  async cancel(): Promise<void> {
    const { stream, askToCancel } = this.#spec;
    this.#isCancelled = true;
    setTimeout(() => stream.destroy(), CANCEL_LIMIT_MS).unref();
    await askToCancel();
    // A request that comes before its statement has begun is not heeded.
    while (this.#exchange !== undefined && !stream.destroyed) {
      await wait(CANCEL_STEP_MS);
      await askToCancel();
    }
  }

  /** Ends the session; resolves when the connection is gone. */
  async close(): Promise<void> {
    const { stream } = this.#spec;
    this.#isOver = true;
    if (stream.closed) return;
    const closed = new Promise((resolve) => stream.once("close", resolve));
    const timer = setTimeout(() => stream.destroy(), CLOSE_LIMIT_MS);
    stream.resume();
    if (stream.writable) stream.end(terminateMessage());
    await closed;
    clearTimeout(timer);
  }

  #send(messages: readonly Buffer[], taker: RowTaker): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      const exchange: Exchange = {
        taker,
        parameterTypes: [],
        resolve: () => resolve(exchange),
        reject,
      };
      this.#exchange = exchange;
      if (this.#isCancelled || !this.#spec.stream.writable) this.#lose("its end");
      else this.#spec.stream.write(Buffer.concat([...messages, syncMessage()]));
    });
  }

  #settle(exchange: Exchange): void {
    exchange.taker.onBlockEnd();
    this.#exchange = undefined;
    if (exchange.refusal === undefined) exchange.resolve();
    else exchange.reject(exchange.refusal);
  }

  #fail(error: unknown): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#isOver = true;
    exchange?.reject(error);
  }

  #lose(how: string): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#fail(
      exchange.refusal ??
        expectation("HEX_SOURCE_UNAVAILABLE", {
          place: `the connection to ${this.#spec.server}`,
          expected: "open until all rows were read",
          got: how,
        }),
    );
  }
}
