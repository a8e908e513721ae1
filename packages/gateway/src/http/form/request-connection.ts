import type { ServerResponse } from "node:http";
import type { CommandErrorEvent, SessionMeta } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { type CommandContext, noWatches } from "../../commands/command-context.ts";
import { withKeys } from "../../commands/session-by-key.ts";
import { CommandSource } from "../../connection/command-source.ts";
import { ConnectionHandle, type HandledConnection } from "../../connection/connection-handle.ts";
import type { Authentication } from "../../connection/dialect.ts";
import { requireWhole } from "../../shared/check-options.ts";
import { gatewayFailed, toErrorEvent } from "../../shared/errors.ts";
import type { Caller } from "../../shared/principal.ts";
import { drained, isFull, type Outbox } from "../../socket/outbox.ts";
import type { WatchDeps } from "../../watch/session-watch.ts";
import { HttpError, toHttpError } from "../answer/http-error.ts";
import type { LongAnswer } from "../answer/long-answer.ts";
import type { HttpDeps } from "../request-context.ts";
import type { FormConnection } from "./http-form.ts";

/** A request on its way to its answer. */
export interface AnsweredRequest {
  deps: HttpDeps;
  response: ServerResponse;
  caller: Caller;
  /** Aborted when the answer is complete, or its client gone. */
  gone: AbortSignal;
  answer: LongAnswer;
}

/** One request as a connection, for the commands that its form performs. */
class RequestConnection extends CommandSource implements HandledConnection, Outbox {
  readonly #request: AnsweredRequest;
  readonly caller: Caller;
  /** A request has no watches beside those of its commands. */
  readonly watches = noWatches;

  constructor(request: AnsweredRequest, keyPrefix: string) {
    super();
    this.#request = request;
    this.caller = withKeys(request.caller, keyPrefix);
  }

  protected get deps(): HttpDeps {
    return this.#request.deps;
  }

  get bufferedAmount(): number {
    return this.#request.response.writableLength;
  }

  get knownCaller(): Caller {
    return this.caller;
  }

  get limits(): CommandContext["limits"] {
    return this.#request.deps.commands.limits;
  }

  get gone(): AbortSignal {
    return this.#request.gone;
  }

  get isClosed(): boolean {
    return this.gone.aborted;
  }

  get watchDeps(): WatchDeps {
    return this.#request.deps.watch;
  }

  get isFull(): boolean {
    return isFull(this);
  }

  drained(): Promise<void> {
    return drained(this);
  }

  sendText(text: string): void {
    const { response } = this.#request;
    // A write after the end would end the process.
    if (!this.isClosed && !response.writableEnded) response.write(text);
  }

  /** Cuts the answer off. */
  close(): void {
    this.#request.response.destroy();
  }

  requireResume(): void {
    this.close();
  }

  authenticate(): Promise<Authentication> {
    return Promise.resolve({ ok: true });
  }

  toErrorEvent(error: unknown, replyTo?: string): CommandErrorEvent {
    return toErrorEvent(error, replyTo, () => this.#report(error));
  }

  failDialect(error: unknown): void {
    this.#report(error);
    this.close();
  }

  notifyDeleted(session: SessionMeta, answered: object = this): void {
    this.#request.deps.notifyDeleted(session, answered);
  }

  send(): void {}

  #report(error: unknown): void {
    this.#request.deps.watch.onFailure(error, "an HTTP form");
  }
}

/** Headers of an answer that comes in pieces. */
const streamed = {
  // Middleware and proxies that compress would keep the pieces back.
  "Cache-Control": "no-store, no-transform",
  // Proxies such as nginx would keep them back until they have a few kilobytes.
  "X-Accel-Buffering": "no",
};

/** The connection of one request, as its form uses it. */
export class FormHandle extends ConnectionHandle implements FormConnection {
  readonly #request: AnsweredRequest;
  readonly #onError: (error: HttpError) => void;

  constructor(request: AnsweredRequest, keyPrefix: string, onError: (error: HttpError) => void) {
    super(new RequestConnection(request, keyPrefix));
    this.#request = request;
    this.#onError = onError;
  }

  reply(status: number, text?: string, headers: Readonly<Record<string, string>> = {}): void {
    const { response } = this.#request;
    if (response.headersSent || this.closed.aborted) return;
    const fields: Record<string, string> = { ...headers };
    if (text !== undefined) fields["Content-Type"] ??= "text/plain; charset=utf-8";
    if (text !== undefined && typeof text !== "string")
      this.#fail(new TypeError(mustBe("text", "a text", text)));
    else if (this.#writeHead(status, fields)) response.end(text);
  }

  begin(headers: Readonly<Record<string, string>>): boolean {
    const { answer, deps, response } = this.#request;
    if (response.headersSent || this.closed.aborted) return false;
    try {
      answer.begin(deps.makeRoom);
    } catch (error) {
      this.#onError(toHttpError(error));
      return false;
    }
    if (!this.#writeHead(200, { ...streamed, ...headers })) return false;
    response.flushHeaders();
    answer.cutWith(() => response.destroy());
    return true;
  }

  end(): void {
    this.#request.response.end();
  }

  /** Returns false for a head that HTTP does not have. The client has an error then. */
  #writeHead(status: number, headers: Readonly<Record<string, string>>): boolean {
    try {
      // A lower status is not that of a whole answer.
      requireWhole("status", status, { least: 200, most: 599 });
      this.#request.response.writeHead(status, { "X-Content-Type-Options": "nosniff", ...headers });
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #fail(error: unknown): void {
    this.#request.deps.watch.onFailure(error, "an HTTP form");
    this.#onError(new HttpError(500, "INTERNAL", gatewayFailed, { retryable: true }));
  }
}
