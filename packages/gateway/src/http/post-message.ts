import type { IncomingMessage } from "node:http";
import { mayNotResume } from "../commands/permissions.ts";
import { findMessageSession, messageOf } from "../commands/run-command.ts";
import { findStart } from "../commands/run-start.ts";
import { followRun } from "../commands/submit.ts";
import { sendJson } from "../shared/http-body.ts";
import { tokensOf } from "../shared/request.ts";
import { awaitRun } from "./answer/await-run.ts";
import { epochOf } from "./answer/event-stream.ts";
import { HttpError } from "./answer/http-error.ts";
import { commandContext, type RequestContext, readFields, readSessionId } from "./request-context.ts";
import { requestIdOf, toCommand } from "./to-command.ts";

/** Sends a message, and answers with the run's end, or with its events. */
export async function postMessage(context: RequestContext): Promise<void> {
  const { deps, request, response, gone, answer } = context;
  const isStream = wantsStream(request);
  const fields = await readFields(context);
  const sessionId = await readSessionId(context);
  const command = toCommand("message", { ...fields, ...requestIdOf(request, fields), sessionId });
  const commands = commandContext(context);
  const session = await findMessageSession(command, commands);
  const message = await messageOf(command, session, commands);
  if (!(await deps.commands.permissions.may(context.caller, "resume", session))) {
    // The caller may send, and not read what the session has.
    if (isStream) throw mayNotResume();
    const { runId } = await deps.commands.queues.submit(sessionId, message);
    return sendJson(response, 202, { sessionId, runId });
  }
  answer.begin(deps.makeRoom);
  const watch = (runId: string, after?: number) => {
    const range = { sessionId, runId, ...(after !== undefined && { after }) };
    const streamDeps = { ...deps.watch, heartbeatMs: deps.heartbeatMs, gone };
    answer.openStream(response, streamDeps, epochOf(deps.commands, session)).watch(range);
  };
  // The message is saved, and its first event is not emitted yet, so that the stream has them all.
  const onSaved = isStream ? watch : undefined;
  const submitted = await followRun(deps.commands, sessionId, (queues) =>
    queues.submit(sessionId, message, onSaved),
  );
  if (!isStream) return awaitRun(response, submitted, { gone, heartbeatMs: deps.heartbeatMs });
  // The message was sent before: its run shows its events from the beginning.
  if (!answer.stream) watch(submitted.runId, await findStart(deps.commands, sessionId, submitted.runId));
}

const JSON_RANGES = ["application/json", "application/*", "*/*"];

// RFC 9110, 12.4.2: a weight of zero means "not acceptable".
const REFUSED = /;\s*q=0(?:\.0{0,3})?\s*$/;

/** Returns true if the answer must be a stream. Clients without a preference get JSON. */
function wantsStream({ headers }: IncomingMessage): boolean {
  const ranges = tokensOf(headers.accept).filter((range) => range !== "" && !REFUSED.test(range));
  const types = ranges.map((range) => range.split(";", 1)[0]?.trim() ?? "");
  if (types.includes("text/event-stream")) return true;
  // No preference is one for JSON.
  if (!headers.accept?.trim() || types.some((type) => JSON_RANGES.includes(type))) return false;
  throw new HttpError(406, "NOT_ACCEPTABLE", "`Accept` must be application/json or text/event-stream.");
}
