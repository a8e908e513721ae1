import type { ApprovalDecision, RunEvent } from "@mini-openclaw/protocol";

interface OpenCall {
  readonly decided: Promise<ApprovalDecision>;
  /** Absent once the call was decided. */
  decide?: ((decision: ApprovalDecision) => void) | undefined;
}

/** The tool calls of one run that wait for a user's decision. Each decision counts once. */
export class Approvals {
  readonly #open = new Map<string, OpenCall>();

  /** Follows the agent's requests, and the decisions that it has used. */
  follow(event: RunEvent): void {
    if (event.type === "approval_request") this.#open.set(event.callId, openCall());
    if (event.type === "approval_done") this.#open.delete(event.callId);
  }

  /**
   * Returns the decision on a call. Rejects if the agent did not request it, or when `signal`
   * aborts.
   */
  wait(callId: string, signal: AbortSignal): Promise<ApprovalDecision> {
    const call = this.#open.get(callId);
    const decision = call
      ? Promise.race([call.decided, rejectOnAbort(signal)])
      : Promise.reject(
          new TypeError(`The agent waits for a decision on ${callId} without an \`approval_request\`.`),
        );
    // An agent that ignores the promise must not end the process when it rejects.
    decision.catch(() => {});
    return decision;
  }

  /**
   * Decides on a call. Returns false if no such call waits: it was decided, or its run has ended.
   */
  decide(callId: string, decision: ApprovalDecision): boolean {
    const call = this.#open.get(callId);
    if (!call?.decide) return false;
    call.decide(decision);
    // The decision stays: the agent may wait for it only now.
    call.decide = undefined;
    return true;
  }
}

function openCall(): OpenCall {
  let decide: OpenCall["decide"];
  const decided = new Promise<ApprovalDecision>((resolve) => {
    decide = resolve;
  });
  return { decided, decide };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = () =>
      reject(signal.reason instanceof Error ? signal.reason : new Error("The run was stopped."));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
