import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import process from "node:process";
import type { DialectConnection, Readings, Translator } from "@mini-openclaw/gateway";
import type { ServerEvent } from "@mini-openclaw/protocol";
import { Feeds } from "../feeds/feeds.ts";
import { RunEnds } from "../feeds/run-ends.ts";
import type { MethodContext, ModelLabel } from "../methods/method.ts";
import { messageMethods, methods } from "../methods/methods.ts";
import { FrameWriter } from "../wire/frames.ts";
import { RequestError, toRequestError } from "../wire/request-error.ts";
import { connect, HandshakeError, notConnect } from "./handshake.ts";
import { noteDeleted, noteSummary } from "./notices.ts";
import { type BadFrame, NO_ID, type Request, readRequest } from "./read-request.ts";
import { RequestOrder } from "./request-order.ts";
import type { Ticker } from "./ticker.ts";

/** The parts that all connections of a dialect share. */
export interface ServerParts {
  readonly version: string;
  readonly model: ModelLabel | undefined;
  readonly joinMs: number;
  readonly tickIntervalMs: number;
  readonly startedAt: number;
  readonly ticker: Ticker;
}

/** The connection of one client of OpenClaw. */
export class OpenClawConnection implements Translator {
  readonly #server: ServerParts;
  readonly #context: MethodContext;
  readonly #order = new RequestOrder();
  #isConnected = false;

  constructor(connection: DialectConnection, server: ServerParts) {
    this.#server = server;
    const { model, joinMs } = server;
    const frames = new FrameWriter((frame) => connection.send(frame));
    const runEnds = new RunEnds();
    const emit = (event: string, payload: object) => frames.emit(event, payload);
    const feeds = new Feeds(connection, { joinMs, runEnds, emit });
    const view = { isSubscribed: false, verboseLevels: new Map<string, string>() };
    this.#context = { connection, frames, feeds, runEnds, view, model };
    // Each request that waits for a run listens.
    setMaxListeners(Number.POSITIVE_INFINITY, connection.closed);
    connection.closed.addEventListener("abort", () => feeds.endAll(), { once: true });
    frames.challenge(randomUUID());
  }

  read(frame: string): Readings | Promise<Readings> {
    const request = readRequest(frame);
    if (!this.#isConnected) return this.#connect(request);
    const { id } = request;
    if ("problem" in request) return { ok: false, code: "INVALID_FRAME", message: request.problem, id };
    const { method } = request;
    if (method === "connect") {
      const message = "`connect` must be the first request, and is sent once. This client is connected.";
      return { ok: false, code: "INVALID_FRAME", message, id };
    }
    if (!methods.has(method))
      return { ok: false, code: "UNKNOWN_TYPE", message: `unknown method: ${method}`, id };
    if (this.#order.isFull(method)) {
      const message = "Too many requests wait for their answers. Wait for some of them.";
      return { ok: false, code: "QUEUE_FULL", message, id };
    }
    return this.#order.add(method, (sent) => this.#answer(request, sent));
  }

  /** Writes what no request has asked for. Requests and feeds send their own frames. */
  write(event: ServerEvent): readonly string[] {
    const { frames } = this.#context;
    // A binary frame has no id.
    if (event.type === "error") frames.refuse(event.replyTo ?? NO_ID, toRequestError(event));
    if (!this.#isConnected) return [];
    if (event.type === "draining") frames.emit("shutdown", { reason: "The gateway is stopping." });
    if (event.type === "session_summary") void noteSummary(event, this.#context);
    if (event.type === "session_deleted") void noteDeleted(event, this.#context);
    return [];
  }

  async #connect(request: Request | BadFrame): Promise<void> {
    const { connection, frames } = this.#context;
    try {
      if ("problem" in request || request.method !== "connect") throw notConnect();
      const hello = await connect(request.params, connection, this.#server);
      this.#isConnected = true;
      frames.respond(request.id, hello);
      this.#server.ticker.add(frames, connection.closed);
    } catch (error) {
      const { error: refusal, closeCode } =
        error instanceof HandshakeError ? error : new HandshakeError(error as RequestError);
      frames.refuse(request.id, refusal);
      connection.close(closeCode, refusal.message);
    }
  }

  /** Answers a request. Never rejects. */
  async #answer({ id, method, params }: Request, sent?: Promise<unknown>): Promise<void> {
    const context = sent ? { ...this.#context, sent } : this.#context;
    const { frames } = context;
    const startsRun = messageMethods.has(method);
    if (startsRun) frames.hold();
    try {
      const payload = await methods.get(method)?.(params, context, id);
      if (payload !== undefined) frames.respond(id, payload);
    } catch (error) {
      if (error instanceof RequestError) return frames.refuse(id, error);
      process.emitWarning(error as Error);
      frames.refuse(id, new RequestError("UNAVAILABLE", "The server failed. Its log has the reason."));
    } finally {
      if (startsRun) frames.release();
    }
  }
}
