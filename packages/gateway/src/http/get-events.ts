import { mustBe } from "@mini-openclaw/protocol/shared";
import type { CommandDeps } from "../commands/command-context.ts";
import { runCommand } from "../commands/run-command.ts";
import { findStart } from "../commands/run-start.ts";
import { headerValues } from "../shared/request.ts";
import { epochOf } from "./answer/event-stream.ts";
import { HttpError } from "./answer/http-error.ts";
import { commandContext, type RequestContext, readSession } from "./request-context.ts";
import { queryFields, toCommand, toNumber } from "./to-command.ts";

/** Streams the events of a session, or of one run, from the client's position on. */
export async function getEvents(context: RequestContext): Promise<void> {
  const { deps, request, response, match, gone, answer } = context;
  const session = await readSession(context, "resume");
  const { sessionId } = session;
  const { runId, ...query } = queryFields(match.query);
  const [lastEventId] = headerValues(request, "last-event-id");
  // Without an id, `EventSource` sends no header, and others send an empty one.
  const position = lastEventId ? readEventId(lastEventId) : {};
  const command = toCommand("resume", { ...query, ...position, sessionId });
  answer.begin(deps.makeRoom);
  const streamDeps = { ...deps.watch, heartbeatMs: deps.heartbeatMs, gone };
  if (typeof runId !== "string") {
    const stream = answer.openStream(response, streamDeps, epochOf(deps.commands, session));
    return runCommand(
      command,
      commandContext(context, (event) => stream.notify(event)),
    );
  }
  const { epoch, lastSeq } = (await deps.commands.queues.live(sessionId))?.log ?? session;
  // The session may have been restored from a backup. Then a position may be that of another one.
  const isKnown = (command.epoch ?? epoch) === epoch && (command.after ?? 0) <= lastSeq;
  const given = isKnown ? command.after : undefined;
  const after = given ?? (await findStart(deps.commands, sessionId, runId));
  if (
    !(await deps.commands.queues.hasRun(sessionId, runId)) &&
    !(await hasMore(deps.commands, { sessionId, runId, after }))
  ) {
    // A 204 keeps an EventSource from reconnecting.
    response.writeHead(204).end();
    return;
  }
  answer.openStream(response, streamDeps, epochOf(deps.commands, session)).watch({ sessionId, runId, after });
}

/**
 * Returns the position that an event's id in a stream has: its epoch and number, or only its
 * number.
 *
 * @throws HttpError `INVALID_FRAME`
 */
function readEventId(id: string): { after: number; epoch?: string } {
  const [, epoch, seq = ""] = /^(?:(.+):)?(\d+)$/.exec(id) ?? [];
  const after = toNumber(seq);
  if (typeof after === "number") return { after, ...(epoch !== undefined && { epoch }) };
  const expected = "the id of an event of the stream, such as 0:42";
  throw new HttpError(400, "INVALID_FRAME", mustBe("Last-Event-ID", expected, id));
}

/** Returns true if a run that has ended has events after a number. */
async function hasMore(
  { store }: Pick<CommandDeps, "store">,
  { sessionId, runId, after }: { sessionId: string; runId: string; after: number },
): Promise<boolean> {
  for await (const entry of store.entries(sessionId, { after })) {
    if ("runId" in entry && entry.runId === runId) return true;
  }
  return false;
}
