import type { DialectCommand, DialectConnection } from "@mini-openclaw/gateway";
import type { NumberedEvent, ServerEvent, WaitingApproval } from "@mini-openclaw/protocol";
import { type FeedOptions, RunFeed } from "../chunks/run-feed.ts";
import type { UiChunk } from "../shared/ui-chunk.ts";
import type { SessionFileUrl } from "../shared/user-parts.ts";
import { Refusal, refusalOf } from "./refusal.ts";

/** A run of a session. */
export interface RunRef {
  sessionId: string;
  runId: string;
}

/** The client of one stream. */
export interface StreamClient {
  /** Aborts when the client wants nothing more, and when its stream has ended. */
  readonly signal: AbortSignal;
  readonly fileUrl: SessionFileUrl;
  /** Called once, before the first chunk. Returns false where no chunks may follow. */
  begin(run: RunRef): boolean;
  emit(chunk: UiChunk): void;
  /** Called once, after the last chunk. */
  end(): void;
  /** Returns the run of the chat that this client has stopped last, once. */
  takeStopped?(): RunRef | undefined;
}

/** The part of the run that a client gets. */
export type FeedRange = Pick<FeedOptions, "continues" | "pausesFrom" | "answered">;

/**
 * Performs a command that starts or replays a run, and streams that run. Resolves when the stream
 * has begun.
 *
 * @throws Refusal
 */
export async function streamRun(
  connection: DialectConnection,
  command: DialectCommand,
  client: StreamClient,
  findRange: (run: RunRef, answer: ServerEvent) => FeedRange | Promise<FeedRange>,
): Promise<void> {
  const { signal } = client;
  const waiting: NumberedEvent[] = [];
  let feed: RunFeed | undefined;
  const add = (event: NumberedEvent) => {
    if (feed && "runId" in event) feed.add(event);
    else waiting.push(event);
  };
  const answer = await connection.perform(command, { onEvent: add, signal });
  const run = runOf(answer, command);
  if (!answer || !run) throw new Refusal(refusalOf(answer));
  const range = await findRange(run, answer);
  if (!client.begin(run)) return;
  feed = new RunFeed({
    ...range,
    emit: (chunk) => client.emit(chunk),
    fileUrl: (file) => client.fileUrl(file, run.sessionId),
    onEnd: () => client.end(),
  });
  signal.addEventListener("abort", () => feed?.close());
  for (const event of waiting) add(event);
}

function runOf(answer: ServerEvent | undefined, command: DialectCommand): RunRef | undefined {
  if (answer?.type === "ack") return { sessionId: answer.sessionId, runId: answer.runId };
  if (answer?.type !== "resumed" || command.type !== "resume" || !command.runId) return undefined;
  return { sessionId: answer.sessionId, runId: command.runId };
}

/** Returns the tool calls of a run that wait for a user now. */
export async function loadWaiting(
  connection: DialectConnection,
  { sessionId, runId }: RunRef,
): Promise<WaitingApproval[]> {
  const answer = await connection.perform({ type: "approvals", sessionId });
  if (answer?.type !== "approvals") throw new Refusal(refusalOf(answer));
  return answer.approvals.filter((approval) => approval.runId === runId);
}

/**
 * Returns the range of a run that is replayed: it ends where the run waits for a user now, and not
 * where it has waited before.
 */
export async function replayRange(connection: DialectConnection, run: RunRef): Promise<FeedRange> {
  return rangeOf(await loadWaiting(connection, run));
}

/** Returns the range of a run that is replayed, by the calls that wait. */
export function rangeOf(waiting: readonly WaitingApproval[]): FeedRange {
  return { pausesFrom: Math.max(0, ...waiting.map(({ seq }) => seq)) };
}
