import type { ApprovalDecision, ApprovalRequestEvent } from "@mini-openclaw/protocol";
import { cutText } from "@mini-openclaw/protocol/shared";
import { AGENT_ID } from "../wire/session-key.ts";

// OpenClaw's limits on the texts of an approval.
const MAX_TITLE_CHARS = 80;
const MAX_DESCRIPTION_CHARS = 512;

// For agents that do not report when they deny a call.
const DEFAULT_TIME_MS = 300_000;

export const approvalDecisions = ["allow-once", "allow-always", "deny"] as const;

/** A decision on a tool call in OpenClaw's words. */
export type OpenClawDecision = (typeof approvalDecisions)[number];

const ourDecisions: Readonly<Record<OpenClawDecision, ApprovalDecision>> = {
  "allow-once": "once",
  "allow-always": "session",
  deny: "deny",
};

const theirDecisions: Readonly<Record<ApprovalDecision, OpenClawDecision>> = {
  once: "allow-once",
  session: "allow-always",
  deny: "deny",
};

export function toOurDecision(decision: OpenClawDecision): ApprovalDecision {
  return ourDecisions[decision];
}

export function toTheirDecision(decision: ApprovalDecision): OpenClawDecision {
  return theirDecisions[decision];
}

/** A tool call of a run. Different runs may have equal call ids. */
interface Call {
  readonly sessionId: string;
  readonly runId: string;
  readonly callId: string;
}

/** Returns the id of an approval. */
export function toApprovalId({ sessionId, runId, callId }: Call): string {
  return `${sessionId}:${runId}:${callId}`;
}

/** Returns the call of an approval, or `undefined` for an id that is none. */
export function readApprovalId(id: string): Call | undefined {
  const [sessionId = "", runId = "", ...rest] = id.split(":");
  const callId = rest.join(":");
  return sessionId && runId && callId ? { sessionId, runId, callId } : undefined;
}

type Waiting = Call & Pick<ApprovalRequestEvent, "toolName" | "reason" | "timestamp" | "expiresAt">;

/** Returns a tool call that waits for a decision, as OpenClaw's clients get it. */
export function toApprovalRecord(waiting: Waiting, sessionKey: string | undefined): object {
  const { toolName, reason, timestamp: createdAtMs = Date.now() } = waiting;
  return {
    id: toApprovalId(waiting),
    createdAtMs,
    expiresAtMs: waiting.expiresAt ?? createdAtMs + DEFAULT_TIME_MS,
    request: {
      title: cutText(toolName, MAX_TITLE_CHARS),
      description: cutText(reason, MAX_DESCRIPTION_CHARS),
      toolName,
      severity: "warning",
      allowedDecisions: approvalDecisions,
      agentId: AGENT_ID,
      ...(sessionKey !== undefined && { sessionKey }),
    },
  };
}
