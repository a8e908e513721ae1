import { randomUUID } from "node:crypto";
import { isRecord } from "@mini-openclaw/protocol/shared";
import type { Ask } from "./decide.ts";
import { type OpenCall, toText } from "./run-writer.ts";

/** An interrupt of a graph, as its stream has it. */
export interface Interrupt {
  id?: string;
  value: unknown;
}

/** The decisions that one interrupt needs. */
export interface Question {
  readonly interruptId: string | undefined;
  /** True for the form of `humanInTheLoopMiddleware`, which is answered with a list. */
  readonly isReview: boolean;
  readonly asks: readonly (Ask & { isOwnCall: boolean })[];
}

/** Returns true for an interrupt of `humanInTheLoopMiddleware`. */
export function isReview({ value }: Interrupt): boolean {
  return isRecord(value) && Array.isArray(value["actionRequests"]);
}

/**
 * Returns the decisions that an interrupt needs, and removes their calls from `open`. The requests
 * of `humanInTheLoopMiddleware` are about calls of the turn. Another value is the question of the
 * next call, or one of its own. What an agent within a tool asks is about the call of that tool.
 */
export function takeAsks({ id, value }: Interrupt, open: OpenCall[]): Question {
  const running = open.find(({ isRunning }) => isRunning);
  const requests = isRecord(value) ? value["actionRequests"] : undefined;
  if (!Array.isArray(requests)) {
    const call = running ? take(open, (one) => one === running) : open.shift();
    return { interruptId: id, isReview: false, asks: [toAsk(call, "question", toText(value))] };
  }
  const asks = requests.map((request: unknown) => {
    const { name, description } = isRecord(request) ? request : {};
    const call = take(open, ({ toolName, isRunning }) => toolName === name && !isRunning) ?? running;
    const reason = typeof description === "string" ? description : `${String(name)} wants to run`;
    return toAsk(call, String(name), reason);
  });
  return { interruptId: id, isReview: true, asks };
}

function toAsk(call: OpenCall | undefined, name: string, reason: string): Question["asks"][number] {
  const { callId = randomUUID(), toolName = name } = call ?? {};
  return { callId, toolName, reason, isOwnCall: call === undefined };
}

function take(open: OpenCall[], isRight: (call: OpenCall) => boolean): OpenCall | undefined {
  const index = open.findIndex(isRight);
  return index === -1 ? undefined : open.splice(index, 1)[0];
}

/**
 * Returns the value that continues a graph. Interrupts are answered by their ids, because LangGraph
 * 1.0.0 takes a bare `false` for no value.
 */
export function resumeOf(questions: readonly Question[], decisions: ReadonlyMap<string, boolean>): unknown {
  const answers = questions.map(({ asks, isReview }) => {
    const allowed = asks.map(({ callId }) => decisions.get(callId) === true);
    if (!isReview) return allowed.every(Boolean);
    return { decisions: allowed.map((isAllowed) => ({ type: isAllowed ? "approve" : "reject" })) };
  });
  if (questions.length === 1 && questions[0]?.interruptId === undefined) return answers[0];
  return Object.fromEntries(questions.map(({ interruptId = "" }, index) => [interruptId, answers[index]]));
}
