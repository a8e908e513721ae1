import type { DialectConnection } from "@mini-openclaw/gateway";
import type { ResyncEvent } from "@mini-openclaw/protocol";
import { Refusal, refusalOf } from "./refusal.ts";
import { type RunRef, replayRange, type StreamClient, streamRun } from "./stream-run.ts";

/**
 * Streams a chat's active run from its first event. Resolves with false where none is active.
 *
 * A run that the end of a server has cut off is streamed too, if it is the newest one: a client
 * that was connected then has only a part of it. So is a run that ended less than `replayMs` ago.
 *
 * @throws Refusal
 */
export async function resumeRun(
  connection: DialectConnection,
  chatId: string,
  client: StreamClient,
  { replayMs }: { replayMs: number },
): Promise<boolean> {
  const run = await findRun(connection, chatId, replayMs);
  if (!run) return false;
  const command = { type: "resume", ...run } as const;
  await streamRun(connection, command, client, () => replayRange(connection, run));
  return true;
}

/**
 * Returns the active run of a chat.
 *
 * @throws Refusal
 */
export async function findActive(connection: DialectConnection, chatId: string): Promise<RunRef | undefined> {
  const { sessionId, runId } = await loadState(connection, chatId);
  return runId === undefined ? undefined : { sessionId, runId };
}

async function findRun(
  connection: DialectConnection,
  chatId: string,
  replayMs: number,
): Promise<RunRef | undefined> {
  const answer = await loadState(connection, chatId);
  const { sessionId, runId = findEnded(answer, replayMs) } = answer;
  return runId === undefined ? undefined : { sessionId, runId };
}

/** Loads the state of a session. Its events are not wanted. */
async function loadState(connection: DialectConnection, chatId: string): Promise<ResyncEvent> {
  const none = { onEvent: () => undefined, signal: AbortSignal.abort() };
  const answer = await connection.perform({ type: "resume", key: chatId }, none);
  if (answer?.type !== "resync") throw new Refusal(refusalOf(answer));
  return answer;
}

function findEnded({ messages, runEnds = [] }: ResyncEvent, replayMs: number): string | undefined {
  const end = runEnds.at(-1);
  if (!end || messages.at(-1)?.runId !== end.runId) return undefined;
  const isWanted = end.outcome === "interrupted" || Date.now() - end.timestamp < replayMs;
  return isWanted ? end.runId : undefined;
}
