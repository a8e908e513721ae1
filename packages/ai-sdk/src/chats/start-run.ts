import type { DialectConnection } from "@mini-openclaw/gateway";
import type { ServerEvent, UserEntry, WaitingApproval } from "@mini-openclaw/protocol";
import { isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import { editIdOf } from "../shared/message-id.ts";
import type { ChatRequest, ClientMessage } from "./chat-request.ts";
import { type ChatEntries, findUserEntry, loadChat, newestMessage } from "./load-chat.ts";
import { Refusal, refusalOf } from "./refusal.ts";
import {
  type FeedRange,
  loadWaiting,
  type RunRef,
  rangeOf,
  replayRange,
  type StreamClient,
  streamRun,
} from "./stream-run.ts";
import { type MessageContent, toContent } from "./to-content.ts";
import { untilOver } from "./until-over.ts";

/**
 * Does what a client's messages ask for: a new message, an edit, answers to approvals, or another
 * answer. Streams the run. Resolves when the stream has begun. An edit and another answer wait for
 * the end of a run that this client has stopped.
 *
 * @throws Refusal
 */
export async function startRun(
  connection: DialectConnection,
  request: ChatRequest,
  client: StreamClient,
): Promise<void> {
  try {
    await perform(connection, request, client);
  } catch (error) {
    const isBusy = error instanceof Refusal && error.code === "SESSION_BUSY";
    const stopped = isBusy ? client.takeStopped?.() : undefined;
    if (!stopped) throw error;
    await untilOver(connection, stopped);
    await perform(connection, request, client);
  }
}

async function perform(
  connection: DialectConnection,
  request: ChatRequest,
  client: StreamClient,
): Promise<void> {
  const { trigger, last, messageId } = request;
  if (trigger === "regenerate-message") return regenerate(connection, request, client);
  if (last?.role === "assistant") return continueRun(connection, request, last, client);
  if (last?.role !== "user") throw invalid("`messages` must end with a message of the user.");
  if (messageId === last.id && (await edit(connection, request, last, client))) return;
  return send(connection, request, last, client);
}

/** Sends a message. One that was sent before runs once, unless it was canceled while it waited. */
async function send(
  connection: DialectConnection,
  { chatId: key, requestId }: ChatRequest,
  message: ClientMessage,
  client: StreamClient,
): Promise<void> {
  const { content, blocks } = contentOf(message);
  const stream = (id: string) => {
    const command = { type: "message", key, id, content, ...(blocks.length > 0 && { blocks }) } as const;
    return streamRun(connection, command, client, (run, answer) => rangeOfRepeated(connection, run, answer));
  };
  try {
    await stream(message.id);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "RUN_NOT_FOUND") throw error;
    await stream(editIdOf(message.id, requestId));
  }
}

/** Returns the range of a message's run. A message that was sent before has its run replayed. */
function rangeOfRepeated(
  connection: DialectConnection,
  run: RunRef,
  answer: ServerEvent,
): FeedRange | Promise<FeedRange> {
  return answer.type === "ack" && answer.repeated ? replayRange(connection, run) : {};
}

/** Replaces a message, or sends it again. Returns false if the session has no such message. */
async function edit(
  connection: DialectConnection,
  request: ChatRequest,
  message: ClientMessage,
  client: StreamClient,
): Promise<boolean> {
  const { chatId, requestId, trigger } = request;
  const chat = await loadChat(
    connection,
    chatId,
    (entries) => findUserEntry(entries, message.id) !== undefined,
  );
  const entry = findUserEntry(chat.entries, message.id);
  if (!entry) return false;
  const { content, blocks } = contentOf(message);
  const isAgain = trigger === "submit-message" && isSentAgain(entry, { content, blocks }, chat.entries);
  const { editOf, requestId: sentAs } = entry;
  if (isAgain && editOf === undefined) {
    await send(connection, request, message, client);
    return true;
  }
  const names =
    isAgain && editOf !== undefined && sentAs !== undefined
      ? { id: sentAs, messageId: editOf }
      : { id: editIdOf(message.id, requestId), messageId: entry.id };
  const command = { type: "edit", sessionId: chat.sessionId, ...names, content } as const;
  await streamRun(connection, { ...command, ...(blocks.length > 0 && { blocks }) }, client, (run, answer) =>
    rangeOfRepeated(connection, run, answer),
  );
  return true;
}

/**
 * Returns true for the newest message, unchanged, whose run is active or has completed. Its client
 * was cut off, and has sent it again.
 */
function isSentAgain(entry: UserEntry, { content, blocks }: MessageContent, entries: ChatEntries): boolean {
  const isChanged = blocks.length > 0 || entry.blocks !== undefined || entry.content !== content;
  if (isChanged || entry !== newestMessage(entries) || entries.at(-1)?.runId !== entry.runId) return false;
  return entries.every((one) => !("outcome" in one) || one.seq < entry.seq || one.outcome === "completed");
}

/** Answers the newest message again, or an earlier one, with all that came after it replaced. */
async function regenerate(
  connection: DialectConnection,
  request: ChatRequest,
  client: StreamClient,
): Promise<void> {
  const { chatId, requestId: id, last } = request;
  const messageId = last?.role === "user" ? last.id : undefined;
  const chat = await loadChat(
    connection,
    chatId,
    (entries) => messageId === undefined || findUserEntry(entries, messageId) !== undefined,
  );
  const { sessionId, entries } = chat;
  const entry = messageId === undefined ? undefined : findUserEntry(entries, messageId);
  // A message that was lost on its way gets its first answer.
  if (last?.role === "user" && !entry) return send(connection, request, last, client);
  const runId = entries.at(-1)?.runId;
  if (runId === undefined)
    throw new Refusal({ code: "RUN_NOT_FOUND", message: "The chat has no answer yet." });
  if (last && entry && entry !== newestMessage(entries)) {
    await edit(connection, request, last, client);
    return;
  }
  return streamRun(connection, { type: "retry", sessionId, runId, id }, client, () => ({}));
}

/** Decides on the tool calls that a user has answered, and streams the rest of their run. */
async function continueRun(
  connection: DialectConnection,
  { chatId: key }: ChatRequest,
  message: ClientMessage,
  client: StreamClient,
): Promise<void> {
  const decisions = decisionsOf(message);
  if (decisions.size === 0) {
    const advice = "Results of tools that run in the client are not accepted.";
    throw invalid(`\`messages\` end with an answer without a new decision on a tool call. ${advice}`);
  }
  const { id: runId, seq } = message;
  let sessionId = "";
  let waiting: readonly WaitingApproval[] = [];
  await streamRun(connection, { type: "resume", key, runId }, client, async (run, answer) => {
    sessionId = run.sessionId;
    const newest = answer.type === "resumed" ? answer.upTo : 0;
    waiting = await loadWaiting(connection, run);
    const continues = { runId, after: seq ?? newest };
    return { ...rangeOf(waiting), continues, answered: new Set(decisions.keys()) };
  });
  for (const [callId, isApproved] of decisions) {
    // The call has asked again since. The decision is about what it asked before.
    if (waiting.some((ask) => ask.callId === callId && ask.seq > (seq ?? ask.seq))) continue;
    const decision = isApproved ? "once" : "deny";
    const answer = await connection.perform({ type: "approve", sessionId, runId, callId, decision });
    // Somebody else has decided, or the time was over. The stream shows the decision.
    if (answer?.type === "error" && answer.code !== "APPROVAL_EXPIRED") throw new Refusal(refusalOf(answer));
  }
}

/**
 * Returns the decisions in a message that have had no effect yet, by tool call.
 *
 * @throws Refusal for a decision that is none
 */
function decisionsOf({ parts }: ClientMessage): Map<string, boolean> {
  const decisions = new Map<string, boolean>();
  for (const { state, approval, toolCallId } of parts) {
    if (state !== "approval-responded") continue;
    const { id, approved } = isRecord(approval) ? approval : {};
    if (typeof approved !== "boolean") throw invalid(mustBe("approval.approved", "true or false", approved));
    const callId = toolCallId ?? id;
    if (typeof callId !== "string") throw invalid(mustBe("toolCallId", "the id of a tool call", callId));
    decisions.set(callId, approved);
  }
  return decisions;
}

function contentOf(message: ClientMessage): MessageContent {
  const content = toContent(message);
  if (typeof content === "string") throw invalid(content);
  return content;
}

function invalid(message: string): Refusal {
  return new Refusal({ code: "INVALID_FRAME", message });
}
