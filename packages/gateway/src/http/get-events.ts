import type { CommandDeps } from "../commands/command-context.ts";
import { runCommand } from "../commands/run-command.ts";
import { findStart } from "../commands/run-start.ts";
import { headerValues } from "../shared/request.ts";
import { epochOf } from "./answer/event-stream.ts";
import { commandContext, type RequestContext, readSession } from "./request-context.ts";
import { queryFields, toCommand, toNumber } from "./to-command.ts";

/** Streams the events of a session, or of one run, from the client's position on. */
export async function getEvents(context: RequestContext): Promise<void> {
  const { deps, request, response, match, gone, answer } = context;
  const session = await readSession(context, "resume");
  const { sessionId } = session;
  const { runId, ...query } = queryFields(match.query);
  const [lastEventId] = headerValues(request, "last-event-id");
  const position = lastEventId === undefined ? {} : readEventId(lastEventId);
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
  const after = command.after ?? (await findStart(deps.commands, sessionId, runId));
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
 */
function readEventId(id: string): { after: number | string; epoch?: string } {
  const [, epoch, seq] = /^(.+):(\d+)$/.exec(id) ?? [];
  return epoch === undefined || seq === undefined ? { after: toNumber(id) } : { after: toNumber(seq), epoch };
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
