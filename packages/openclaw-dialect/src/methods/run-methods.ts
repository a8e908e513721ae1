import type { RunEnd } from "../feeds/run-ends.ts";
import { RequestError } from "../wire/request-error.ts";
import { describeFailure } from "../wire/run-end.ts";
import { MAIN_SESSION_KEY, toFullKey } from "../wire/session-key.ts";
import { endStatusOf } from "./chat-methods.ts";
import { MAX_KEY_CHARS, type Method, type MethodContext } from "./method.ts";
import { readMessage, sendMessage } from "./send-message.ts";

// The time that clients wait for a response.
const DEFAULT_WAIT_MS = 30_000;
// The longest time of a timer in Node.
const MAX_WAIT_MS = 2_147_483_647;

/** Runs a message. It has two responses: one when the message is accepted, one at the end. */
const runAgent: Method = async (params, context, requestId) => {
  const sessionKey = toFullKey(params.optionalText("sessionKey", MAX_KEY_CHARS) ?? MAIN_SESSION_KEY);
  const message = readMessage(params, sessionKey);
  const { id: runId } = message;
  const { runEnd } = await sendMessage(message, context);
  const { frames, runEnds, connection } = context;
  frames.respond(requestId, { runId, sessionKey, status: "accepted", acceptedAt: Date.now() });
  if (runEnd) respondAtEnd(requestId, runId, toRunEnd(runEnd), context);
  else
    void runEnds.wait(runId, connection.closed).then((end) => respondAtEnd(requestId, runId, end, context));
};

function toRunEnd({ outcome, error, timestamp: endedAt }: RunEndFields): RunEnd {
  return { outcome, error, endedAt, text: "" };
}

type RunEndFields = Pick<RunEnd, "outcome" | "error"> & { timestamp: number };

/** Sends the second response. Without an end, the client is gone. */
function respondAtEnd(
  requestId: string,
  runId: string,
  end: RunEnd | undefined,
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
