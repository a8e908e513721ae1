import type { IncomingMessage, ServerResponse } from "node:http";
import type { ClientEvent, ServerEvent, SessionMeta } from "@mini-openclaw/protocol";
import { v7 as createId } from "uuid";
import { type CommandContext, findSession } from "../commands/command-context.ts";
import { type Action, notFound } from "../commands/permissions.ts";
import { findFirstSession, findMessageSession, runCommand } from "../commands/run-command.ts";
import { findRunStart } from "../run/load-messages.ts";
import { draining } from "../shared/errors.ts";
import type { Visitor } from "../shared/principal.ts";
import { headerValues } from "../shared/request.ts";
import { sendJson } from "../shared/send-json.ts";
import { awaitRun } from "./await-run.ts";
import { EarlyEvents } from "./early-events.ts";
import { EventStream } from "./event-stream.ts";
import { exportSession } from "./export-session.ts";
import { HttpError } from "./http-error.ts";
import type { HttpDeps } from "./http-parts.ts";
import { readJsonBody } from "./read-body.ts";
import type { Match, RouteName } from "./routes.ts";
import { decodeSessionId, queryFields, requestIdOf, toCommand, toNumber } from "./to-command.ts";

/** A request on its way to its answer. */
export interface RequestContext {
  request: IncomingMessage;
  response: ServerResponse;
  match: Match;
  /** Aborted when the answer is over, or its client gone. */
  gone: AbortSignal;
}

// In a path in the place of a session id: the newest session of the caller's key.
const CURRENT = "current";

/** One request, from its command to the end of its answer. Every method throws what `toHttpError` turns into an answer. */
export class Exchange {
  readonly #parts: HttpDeps;
  readonly #asked: RequestContext & { visitor: Visitor };
  readonly #context: CommandContext;
  #stream: EventStream | undefined;
  #answered: ServerEvent | undefined;
  #isLong = false;
  #phase: "open" | "draining" | "over" = "open";

  constructor(parts: HttpDeps, asked: RequestContext & { visitor: Visitor }) {
    this.#parts = parts;
    this.#asked = asked;
    this.#context = {
      ...parts,
      visitor: asked.visitor,
      sessionId: "",
      gone: asked.gone,
      send: (event) => this.#take(event),
      watch: (sessionId, after) => this.#stream?.watch({ sessionId, ...(after !== undefined && { after }) }),
      ensureWatching: () => undefined,
      unwatch: () => undefined,
      notifyDeleted: () => undefined,
    };
  }

  /** Whether the answer takes as long as a run or a watch. */
  get isLong(): boolean {
    return this.#isLong;
  }

  tellDraining(): void {
    this.#phase = "draining";
    this.#stream?.tell({ type: "draining" });
  }

  /** Ends its stream, one that is yet to begin too. */
  end(): void {
    this.#phase = "over";
    this.#stream?.end();
  }

  async answer(route: RouteName): Promise<void> {
    switch (route) {
      case "list":
        return this.#ask(200, toCommand("list", queryFields(this.#asked.match.query)));
      case "create":
        return this.#ask(201, toCommand("create", {}));
      case "history": {
        const sessionId = await this.#sessionId();
        return this.#ask(200, toCommand("history", { ...queryFields(this.#asked.match.query), sessionId }));
      }
      case "abort":
      case "approve": {
        const fields = await this.#body();
        return this.#ask(202, toCommand(route, { ...fields, sessionId: await this.#sessionId() }));
      }
      case "retry": {
        const fields = await this.#body();
        // It has one in any case: the `ack` that says the run comes only to those who gave one.
        const id = { id: createId(), ...requestIdOf(this.#asked.request, fields) };
        return this.#ask(202, toCommand(route, { ...fields, ...id, sessionId: await this.#sessionId() }));
      }
      case "message":
        return this.#submit();
      case "events":
        return this.#streamEvents();
      case "export":
        return exportSession(this.#parts.store, await this.#session("export"), this.#asked.response);
    }
  }

  /** Runs a command and answers with what a socket would have been sent, without its `type`. */
  async #ask(status: number, command: ClientEvent): Promise<void> {
    await runCommand(command, this.#context);
    const { type: _, ...body } = this.#answered ?? { type: undefined };
    sendJson(this.#asked.response, status, body);
  }

  #take(event: ServerEvent): void {
    if (this.#stream) this.#stream.tell(event);
    else this.#answered = event;
  }

  async #submit(): Promise<void> {
    const { request, response, gone } = this.#asked;
    const isStream = wantsStream(request);
    const body = await this.#body();
    const sessionId = await this.#sessionId();
    const command = toCommand("message", { ...body, ...requestIdOf(request, body), sessionId });
    const { content, id, mode } = command;
    await findMessageSession(command, this.#context);
    this.#beLong();
    const early = new EarlyEvents(this.#parts.watchers, sessionId, { content, requestId: id });
    try {
      const message = { content, ...(mode && { mode }), ...(id !== undefined && { requestId: id }) };
      const submitted = await this.#parts.submit({ sessionId, ...message });
      if (!isStream)
        return await awaitRun(response, submitted, { gone, heartbeatMs: this.#parts.heartbeatMs });
      const { runId } = submitted;
      const first = early.of(runId);
      if (first) return this.#openStream().watch({ sessionId, runId, first });
      const after = await this.#findStart(sessionId, runId);
      this.#openStream().watch({ sessionId, runId, after });
    } finally {
      early.stop();
    }
  }

  async #streamEvents(): Promise<void> {
    const { request, response, match } = this.#asked;
    const { sessionId } = await this.#session("resume");
    const { runId, ...place } = queryFields(match.query);
    const [lastEventId] = headerValues(request, "last-event-id");
    const given = lastEventId === undefined ? place : { ...place, after: toNumber(lastEventId) };
    const command = toCommand("resume", { ...given, sessionId });
    this.#beLong();
    if (typeof runId !== "string") {
      this.#openStream();
      return runCommand(command, this.#context);
    }
    const after = command.after ?? (await this.#findStart(sessionId, runId));
    if (!this.#parts.queues.hasRun(sessionId, runId) && !(await this.#goesOn(sessionId, runId, after))) {
      // To an EventSource: there is nothing to reconnect for.
      response.writeHead(204).end();
      return;
    }
    this.#openStream().watch({ sessionId, runId, after });
  }

  /** Whether a run that is over has events after a number. */
  async #goesOn(sessionId: string, runId: string, after: number): Promise<boolean> {
    for await (const entry of this.#parts.store.entries(sessionId, { after })) {
      if ("runId" in entry && entry.runId === runId) return true;
    }
    return false;
  }

  async #findStart(sessionId: string, runId: string): Promise<number> {
    const { store, queues } = this.#parts;
    const start = await findRunStart(store, sessionId, runId);
    if (start !== undefined) return start;
    // It waits: what there is to see of it is still live.
    if (queues.hasRun(sessionId, runId)) return queues.live(sessionId)?.sinceSeq ?? 0;
    throw new HttpError(404, "RUN_NOT_FOUND", "runId: the session has no such run, or not lately");
  }

  #openStream(): EventStream {
    this.#stream = new EventStream(this.#asked.response, { ...this.#parts, gone: this.#asked.gone });
    if (this.#phase !== "open") this.#stream.tell({ type: "draining" });
    if (this.#phase === "over") this.#stream.end();
    return this.#stream;
  }

  #beLong(): void {
    if (this.#phase !== "open") throw draining();
    const refusal = this.#parts.makeRoom();
    if (refusal)
      throw new HttpError(503, "TOO_MANY_REQUESTS", refusal.reason, {
        headers: refusal.headers ?? {},
        retryable: true,
      });
    this.#isLong = true;
  }

  #body(): Promise<Record<string, unknown>> {
    return readJsonBody(this.#asked.request, this.#parts.limits.maxFrameBytes);
  }

  /** The session that the path names, if the visitor may do `action` with it. */
  async #session(action: Action): Promise<SessionMeta> {
    return findSession(await this.#sessionId(), action, this.#context);
  }

  /** What the path names; whether there is such a session, and who may do what with it, is for the command to ask. */
  async #sessionId(): Promise<string> {
    const sessionId = decodeSessionId(this.#asked.match.sessionId);
    if (sessionId === CURRENT) return (await findFirstSession(this.#context)).sessionId;
    if (sessionId.length > this.#parts.limits.maxIdChars) throw notFound();
    return sessionId;
  }
}

/** Whether the answer is to be a stream; JSON is what those get who say nothing. */
function wantsStream({ headers }: IncomingMessage): boolean {
  const accepted = (headers.accept ?? "*/*").toLowerCase();
  if (accepted.includes("text/event-stream")) return true;
  if (/application\/(?:json|\*)|\*\/\*/.test(accepted)) return false;
  throw new HttpError(406, "NOT_ACCEPTABLE", "Accept: must be application/json or text/event-stream");
}
