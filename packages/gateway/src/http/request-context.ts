import type { IncomingMessage, ServerResponse } from "node:http";
import type { ClientEvent, ServerEvent, SessionMeta } from "@mini-openclaw/protocol";
import type { Authenticate } from "../auth/authenticate.ts";
import {
  type CommandContext,
  type CommandDeps,
  findSession,
  noWatches,
} from "../commands/command-context.ts";
import { type Action, notFound } from "../commands/permissions.ts";
import { findFirstSession, runCommand } from "../commands/run-command.ts";
import { sendJson } from "../shared/http-body.ts";
import type { Caller } from "../shared/principal.ts";
import type { Refusal } from "../shared/refusal.ts";
import type { WatchDeps } from "../watch/session-watch.ts";
import type { LongAnswer } from "./answer/long-answer.ts";
import { readJsonBody } from "./read-body.ts";
import type { Match } from "./routes.ts";
import { decodeSessionId } from "./to-command.ts";

/** The parts of a gateway that its HTTP form needs. */
export interface HttpDeps {
  commands: CommandDeps;
  watch: WatchDeps;
  authenticate: Authenticate;
  /**
   * Returns why there is no room for another answer that takes as long as its run, or `undefined`.
   */
  makeRoom: () => Refusal | undefined;
  /** Called for each request that a guard refused. */
  onRefused: (refusal: Refusal, request: IncomingMessage) => void;
  /**
   * Notifies the connections of a session's caller that the session was deleted, except the one
   * that deleted it.
   */
  notifyDeleted: (session: SessionMeta, except: object) => void;
  /** The interval at which a stream shows that it is alive. */
  heartbeatMs: number;
}

/** A request on its way to its answer. */
export interface RequestContext {
  deps: HttpDeps;
  request: IncomingMessage;
  response: ServerResponse;
  match: Match;
  caller: Caller;
  /** Aborted when the answer is complete, or its client gone. */
  gone: AbortSignal;
  /** The answer, as far as it takes as long as a run or a watch. */
  answer: LongAnswer;
}

// Stands in a path instead of a session id: the newest session of the caller's key.
const CURRENT = "current";

/**
 * Creates the context in which a command of this request runs. Events that answer the command go to
 * `send`.
 */
export function commandContext(
  { deps, caller, gone, answer }: RequestContext,
  send: (event: ServerEvent) => void = () => {},
): CommandContext {
  const context: CommandContext = {
    ...deps.commands,
    caller,
    // A request watches only what its own stream shows.
    watches: {
      ...noWatches,
      watch: (sessionId, after) => answer.stream?.watch({ sessionId, ...(after !== undefined && { after }) }),
    },
    gone,
    send,
    notifyDeleted: (session, answered = context) => deps.notifyDeleted(session, answered),
  };
  return context;
}

/** Runs a command and answers with the event that a socket would get, without its `type`. */
export async function answerCommand(
  context: RequestContext,
  status: number,
  command: ClientEvent,
): Promise<void> {
  let answer: ServerEvent | undefined;
  const send = (event: ServerEvent) => {
    answer = event;
  };
  await runCommand(command, commandContext(context, send));
  const { type: _, ...body } = answer ?? { type: undefined };
  sendJson(context.response, status, body);
}

/** Returns the fields of the request's body. */
export function readFields({ deps, request }: RequestContext): Promise<Record<string, unknown>> {
  return readJsonBody(request, deps.commands.limits.maxFrameBytes);
}

/**
 * Returns the id of the session that the path names. The command checks whether the session exists
 * and who may use it.
 */
export async function readSessionId(context: RequestContext): Promise<string> {
  const sessionId = decodeSessionId(context.match.sessionId);
  if (sessionId === CURRENT) return (await findFirstSession(commandContext(context))).sessionId;
  if (sessionId.length > context.deps.commands.limits.maxIdChars) throw notFound(sessionId);
  return sessionId;
}

/** Returns the session that the path names, if the caller may do `action` with it. */
export async function readSession(context: RequestContext, action: Action): Promise<SessionMeta> {
  return findSession(await readSessionId(context), action, commandContext(context));
}
