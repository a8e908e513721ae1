import type { MessageEntry, NumberedEvent } from "@mini-openclaw/protocol";
import type { RunEnd } from "../feeds/run-ends.ts";
import { invalidRequest, RequestError } from "../wire/request-error.ts";
import { describeFailure } from "../wire/run-end.ts";
import { endStatusOf, loadMessages } from "./chat-methods.ts";
import { type Method, type MethodContext, readKey } from "./method.ts";
import { readMessage, sendMessage } from "./send-message.ts";

// A request is sent again soon, so that its answer is among the newest messages.
const ANSWER_MESSAGES = 1000;
// The time that clients wait for a response.
const DEFAULT_WAIT_MS = 30_000;
// The longest time of a timer in Node.
const MAX_WAIT_MS = 2_147_483_647;

/** Runs a message. It has two responses: one when the message is accepted, one at the end. */
const runAgent: Method = async (params, context, requestId) => {
  const sessionKey = readKey(params, "sessionKey", "main");
  if (params.optionalText("sessionId") !== undefined && params.optionalText("sessionKey") === undefined)
    throw invalidRequest("`sessionId` names no session here. Send its `sessionKey`, too.");
  const message = readMessage(params, sessionKey);
  const { id: runId } = message;
  const { runEnd, runId: ours, sessionId } = await sendMessage(message, context);
  const { frames } = context;
  frames.respond(requestId, { runId, sessionKey, status: "accepted", acceptedAt: Date.now() });
  if (runEnd) {
    const text = await loadAnswer(sessionKey, ours, context);
    respondAtEnd(requestId, runId, { ...runEnd, text }, context);
  } else {
    const run = { sessionKey, sessionId, runId: ours };
    void waitForAnswer(runId, run, context).then((end) => respondAtEnd(requestId, runId, end, context));
  }
};

type Answer = Pick<RunEnd, "outcome" | "error" | "text">;

/** Waits for the end of a run, also if its session is not followed until then. Never rejects. */
async function waitForAnswer(
  runId: string,
  { sessionKey, ...run }: { sessionKey: string; sessionId: string; runId: string },
  context: MethodContext,
): Promise<Answer | undefined> {
  const { connection, feeds, runEnds } = context;
  const isFollowed = feeds.find(sessionKey) !== undefined;
  const known = isFollowed ? await runEnds.wait(runId, connection.closed, sessionKey) : undefined;
  if (known || connection.closed.aborted) return known;
  let answer: Answer | undefined;
  let text = "";
  await new Promise<void>((resolve) => {
    const over = new AbortController();
    const { signal } = over;
    signal.addEventListener("abort", () => resolve());
    connection.closed.addEventListener("abort", () => over.abort(), { signal });
    const onEvent = (event: NumberedEvent) => {
      if (event.type === "assistant_message") text = event.content;
      if (event.type !== "run_end") return;
      answer = { outcome: event.outcome, error: event.error, text };
      over.abort();
    };
    void connection.perform({ type: "resume", ...run }, { onEvent, signal }).then((resumed) => {
      if (resumed?.type !== "resumed") over.abort();
    });
  });
  return answer;
}

/** Loads the text of the last turn of a run that is over. */
async function loadAnswer(sessionKey: string, runId: string, context: MethodContext): Promise<string> {
  const { messages } = await loadMessages(sessionKey, ANSWER_MESSAGES, context);
  const isAnswer = (message: MessageEntry) => message.role === "assistant" && message.runId === runId;
  return messages.findLast(isAnswer)?.content ?? "";
}

/** Sends the second response. Without an end, the client is gone. */
function respondAtEnd(
  requestId: string,
  runId: string,
  end: Answer | undefined,
  { frames }: MethodContext,
): void {
  if (!end) return;
  const { outcome, error, text } = end;
  const { status, summary = "completed", stopReason } = endStatusOf(end);
  if (status === "error") {
    const details = { code: error?.code ?? outcome };
    return frames.refuse(
      requestId,
      new RequestError("UNAVAILABLE", describeFailure(error, outcome), { details }),
    );
  }
  const result = { payloads: text === "" ? [] : [{ text }] };
  frames.respond(requestId, { runId, status, summary, ...(stopReason && { stopReason }), result });
}

/** Waits for the end of a run that the connection follows. */
const waitForRun: Method = async (params, { runEnds, connection }) => {
  const runId = params.text("runId");
  const timeoutMs = Math.min(params.optionalInteger("timeoutMs") ?? DEFAULT_WAIT_MS, MAX_WAIT_MS);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const end = await runEnds.wait(runId, AbortSignal.any([late.signal, connection.closed]));
  clearTimeout(timer);
  if (!end) return { runId, status: "timeout" };
  const { startedAt, endedAt } = end;
  const { status, summary, stopReason } = endStatusOf(end);
  return {
    runId,
    status,
    ...(startedAt !== undefined && { startedAt }),
    endedAt,
    ...(status === "error" && { error: summary }),
    ...(stopReason && { stopReason }),
  };
};

export const runMethods: Readonly<Record<string, Method>> = { agent: runAgent, "agent.wait": waitForRun };
