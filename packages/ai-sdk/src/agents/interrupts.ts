import { randomUUID } from "node:crypto";
import { isRecord } from "@mini-openclaw/protocol/shared";
import type { Ask } from "./decide.ts";
import { toText } from "./run-writer.ts";

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

/**
 * Returns the decisions that an interrupt needs, and removes their calls from `open`. The requests
 * of `humanInTheLoopMiddleware` are about calls of the turn. Another value is the question of the
 * next call, or one of its own.
 */
export function takeAsks({ id, value }: Interrupt, open: { callId: string; toolName: string }[]): Question {
  const requests = isRecord(value) ? value["actionRequests"] : undefined;
  if (!Array.isArray(requests)) {
    const call = open.shift();
    const { callId = randomUUID(), toolName = "question" } = call ?? {};
    const ask = { callId, toolName, reason: toText(value), isOwnCall: call === undefined };
    return { interruptId: id, isReview: false, asks: [ask] };
  }
  const asks = requests.map((request: unknown) => {
    const { name, description } = isRecord(request) ? request : {};
    const index = open.findIndex(({ toolName }) => toolName === name);
    const call = index === -1 ? undefined : open.splice(index, 1)[0];
    const { callId = randomUUID(), toolName = String(name) } = call ?? {};
    const reason = typeof description === "string" ? description : `${toolName} wants to run`;
    return { callId, toolName, reason, isOwnCall: call === undefined };
  });
  return { interruptId: id, isReview: true, asks };
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
