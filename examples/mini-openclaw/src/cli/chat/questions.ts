import type { Interface } from "node:readline/promises";
import type { Session } from "@mini-openclaw/client";
import type { ApprovalDecision, ApprovalRequestEvent } from "@mini-openclaw/protocol";
import { warn } from "../load.ts";
import { safe } from "../safe-text.ts";

/** The questions of a run to the person at the terminal. */
export interface Questions {
  /** Asks after the questions before, and sends the decision. */
  ask: (request: ApprovalRequestEvent) => void;
  /** Withdraws the question about a call, because it was decided elsewhere. */
  settle: (callId: string) => void;
  /** Withdraws all questions, because the run ended. */
  close: () => void;
}

/** Creates an empty list of questions. Events of the run go on while one is open. */
export function createQuestions(lines: Interface, session: Session): Questions {
  const open = new Map<string, AbortController>();
  let last = Promise.resolve();

  return {
    ask(request) {
      const { callId, runId } = request;
      const settled = new AbortController();
      open.set(callId, settled);
      last = last
        .then(() => decide(lines, request, settled.signal))
        .then(async (decision) => {
          if (decision) await session.approve(callId, decision, runId);
        })
        .catch((error: unknown) => warn(String(error)));
    },
    settle: (callId) => open.get(callId)?.abort(),
    close() {
      for (const settled of open.values()) settled.abort();
    },
  };
}

/** Returns nothing if the question was taken back. */
async function decide(
  lines: Interface,
  { toolName, reason }: ApprovalRequestEvent,
  signal: AbortSignal,
): Promise<ApprovalDecision | undefined> {
  if (signal.aborted) return undefined;
  try {
    const question = `\nAllow ${toolName}? ${safe(reason)}\n[y]es, [a]lways in this chat, [n]o: `;
    const [first] = (await lines.question(question, { signal })).trim().toLowerCase();
    if (first === "y") return "once";
    return first === "a" ? "session" : "deny";
  } catch {
    if (signal.aborted) return undefined;
    warn(`[${toolName}] is denied: the input has ended, so nobody can be asked.`);
    return "deny";
  }
}
