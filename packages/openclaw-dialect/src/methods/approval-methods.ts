import type { SessionSummary } from "@mini-openclaw/protocol";
import { attempt, perform } from "../feeds/perform.ts";
import {
  approvalDecisions,
  readApprovalId,
  toApprovalRecord,
  toOurDecision,
} from "../rows/approval-record.ts";
import { RequestError } from "../wire/request-error.ts";
import type { Method, MethodContext } from "./method.ts";

const listApprovals: Method = async (_params, context) => {
  const { approvals } = await perform(context.connection, { type: "approvals" }, "approvals");
  if (approvals.length === 0) return [];
  const keys = await loadKeys(context);
  return approvals.map((waiting) => toApprovalRecord(waiting, keys.get(waiting.sessionId)));
};

/** Returns the keys of the newest sessions. A session whose call waits was changed lately. */
async function loadKeys({ connection }: MethodContext): Promise<Map<string, string>> {
  const { sessions } = await perform(connection, { type: "list", limit: 200 }, "sessions");
  const keyOf = ({ key }: SessionSummary) => connection.keyOf(key) ?? key;
  return new Map(sessions.map((session) => [session.sessionId, keyOf(session)]));
}

const resolveApproval: Method = async (params, { connection }) => {
  const id = params.text("id");
  const decision = params.oneOf("decision", approvalDecisions);
  const call = readApprovalId(id);
  if (!call) throw notFound();
  const approve = { type: "approve", ...call, decision: toOurDecision(decision) } as const;
  const isKnown = await attempt(connection, approve, [
    "APPROVAL_EXPIRED",
    "SESSION_NOT_FOUND",
    "INVALID_FRAME",
  ]);
  if (!isKnown) throw notFound();
  return { ok: true, id, decision };
};

function notFound(): RequestError {
  return new RequestError("APPROVAL_NOT_FOUND", "Unknown or expired approval id.", {
    details: { reason: "APPROVAL_NOT_FOUND" },
  });
}

export const approvalMethods: Readonly<Record<string, Method>> = {
  "plugin.approval.list": listApprovals,
  "plugin.approval.resolve": resolveApproval,
};
