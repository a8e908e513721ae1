import type { CommandErrorEvent, Limits, ServerEvent } from "@mini-openclaw/protocol";
import { checkClientEvent } from "@mini-openclaw/protocol/schema";
import { mustBe } from "@mini-openclaw/protocol/shared";
import type { CommandContext, Watches } from "../commands/command-context.ts";
import { runCommand } from "../commands/run-command.ts";
import { findStart } from "../commands/run-start.ts";
import { withSessionId } from "../commands/session-by-key.ts";
import { createId } from "../shared/create-id.ts";
import { GatewayError } from "../shared/errors.ts";
import type { Caller, Principal } from "../shared/principal.ts";
import type { Viewer } from "../watch/session-watch.ts";
import type { Authentication, DialectCommand, DialectConnection, PerformOptions } from "./dialect.ts";
import { EventSink } from "./event-sink.ts";
import { sendFrame } from "./speaker.ts";
import { tooManyWatches } from "./watched-sessions.ts";

// As many as a connection watches in the native form.
const MAX_SINKS = 100;

/** The connection behind a handle. */
export interface HandledConnection
  extends CommandContext,
    Pick<Viewer, "watchDeps" | "isFull" | "drained" | "requireResume"> {
  /** Absent until the client has proved who it is. */
  readonly knownCaller: Caller | undefined;
  readonly isClosed: boolean;
  /** Sends the text of a frame, unless the connection is closed. */
  sendText(frame: string): void;
  close(code: number, reason: string): void;
  authenticate(token: string | undefined): Promise<Authentication>;
  /** Returns the answer to a refused command, and reports what is a fault of the gateway. */
  toErrorEvent(error: unknown, replyTo?: string): CommandErrorEvent;
  failDialect(error: unknown): void;
}

/** A connection, as its dialect uses it. */
export class ConnectionHandle implements DialectConnection {
  readonly #connection: HandledConnection;
  #sinks: Set<EventSink> | undefined;

  constructor(connection: HandledConnection) {
    this.#connection = connection;
  }

  get principal(): Principal | undefined {
    return this.#connection.knownCaller?.principal;
  }

  get limits(): Limits {
    return this.#connection.limits;
  }

  get closed(): AbortSignal {
    return this.#connection.gone;
  }

  send(frame: string): void {
    if (!this.#connection.isClosed) sendFrame(frame, this.#connection);
  }

  close(code: number, reason: string): void {
    if (isCloseReason(code, reason)) return this.#connection.close(code, reason);
    const expected = "1000 to 1014 or 3000 to 4999, with a reason of at most 123 bytes";
    this.#connection.failDialect(new TypeError(mustBe("code", expected, code)));
  }

  authenticate(token?: string): Promise<Authentication> {
    // A dialect passes on what its client has sent.
    return this.#connection.authenticate(typeof token === "string" ? token : undefined);
  }

  keyOf(sessionKey: string): string | undefined {
    const { keyPrefix = "" } = this.#connection.knownCaller ?? {};
    const isOwn = keyPrefix !== "" && String(sessionKey).startsWith(keyPrefix);
    return isOwn ? sessionKey.slice(keyPrefix.length) : undefined;
  }

  async perform(command: DialectCommand, options: PerformOptions = {}): Promise<ServerEvent | undefined> {
    const connection = this.#connection;
    let id = createId();
    let sink: EventSink | undefined;
    try {
      id = command.id ?? id;
      assertReady(connection);
      sink = this.#createSink(options);
      const answer = await perform({ ...command, id }, connection, sink);
      sink?.answered();
      // Most commands have no events.
      if (!sink?.isStarted) sink?.close();
      return answer;
    } catch (error) {
      sink?.close();
      return connection.toErrorEvent(error, id);
    }
  }

  #createSink({ onEvent, signal }: PerformOptions): EventSink | undefined {
    if (!onEvent) return undefined;
    const sinks = this.#openSinks();
    if (sinks.size >= MAX_SINKS) throw tooManyWatches(MAX_SINKS);
    const sink = new EventSink(this.#connection, onEvent, signal);
    sinks.add(sink);
    return sink;
  }

  #openSinks(): Set<EventSink> {
    if (!this.#sinks) {
      const sinks = new Set<EventSink>();
      this.#sinks = sinks;
      this.#connection.gone.addEventListener("abort", () => {
        for (const sink of sinks) sink.close();
      });
    }
    for (const sink of this.#sinks) if (sink.isClosed) this.#sinks.delete(sink);
    return this.#sinks;
  }
}

/** @throws GatewayError `FORBIDDEN`, `DRAINING` */
function assertReady({ knownCaller, isClosed }: HandledConnection): void {
  if (!knownCaller)
    throw new GatewayError("FORBIDDEN", "The client has not proved who it is. Call `authenticate` first.");
  if (isClosed) throw new GatewayError("DRAINING", "The connection is closed. Connect again.");
}

// RFC 6455 § 7.4: these are for programs only, and never in a close frame.
const RESERVED_CODES = [1004, 1005, 1006];

const MAX_REASON_BYTES = 123;

/** Returns true for what a close frame can carry. */
function isCloseReason(code: unknown, reason: unknown): boolean {
  const isCode =
    typeof code === "number" &&
    ((code >= 1000 && code <= 1014 && !RESERVED_CODES.includes(code)) || (code >= 3000 && code <= 4999));
  return isCode && typeof reason === "string" && Buffer.byteLength(reason) <= MAX_REASON_BYTES;
}

/** Runs a command. Its answer is returned, and the events that it asks for go to the sink. */
async function perform(
  command: DialectCommand,
  connection: HandledConnection,
  sink: EventSink | undefined,
): Promise<ServerEvent | undefined> {
  let answer: ServerEvent | undefined;
  const send = (event: ServerEvent) => {
    answer = event;
  };
  const resolved = await withSessionId(command, connection);
  // A dialect passes on what its client has sent.
  const checked = checkClientEvent({
    ...resolved,
    // It has the fields of a message, and is for dialects only.
    type: resolved.type === "answer" ? "message" : resolved.type,
  });
  if (!checked.ok) throw new GatewayError(checked.code, checked.message);
  const runId = resolved.type === "resume" ? resolved.runId : undefined;
  const watches = sink ? sinkWatches(sink, connection, runId) : connection.watches;
  await runCommand(resolved, deriveContext(connection, { send, watches }));
  // A message that was sent before: its run is replayed.
  if (sink && !sink.isStarted && !sink.isClosed && answer?.type === "ack") {
    const run = { sessionId: answer.sessionId, runId: answer.runId };
    const after = await findStart(connection, run.sessionId, run.runId);
    sink.watch({ ...run, after });
  }
  return answer;
}

/** Returns watches that start a sink. */
function sinkWatches(sink: EventSink, { watches }: HandledConnection, runId: string | undefined): Watches {
  const watch = (sessionId: string, after?: number) => sink.watch({ sessionId, after, runId });
  return {
    sessionId: watches.sessionId,
    watch,
    add: watch,
    ensure: (sessionId, startedRunId, after) => {
      if (startedRunId !== undefined) sink.watch({ sessionId, after, runId: startedRunId });
    },
    end: (sessionId) => watches.end(sessionId),
    needsEvents: true,
  };
}

/** Returns the context of a connection for one of its commands. */
function deriveContext(
  connection: HandledConnection,
  own: Pick<CommandContext, "send" | "watches">,
): CommandContext {
  return {
    store: connection.store,
    queues: connection.queues,
    permissions: connection.permissions,
    limits: connection.limits,
    caller: connection.caller,
    gone: connection.gone,
    approvals: connection.approvals,
    holdLive: (sessionId) => connection.holdLive(sessionId),
    notifyChanged: (...change) => connection.notifyChanged(...change),
    notifyDeleted: (...deleted) => connection.notifyDeleted(...deleted),
    ...own,
  };
}
