import type { ApprovalDecision, RunEvent } from "@mini-openclaw/protocol";

interface Question {
  readonly answer: Promise<ApprovalDecision>;
  /** Absent once it was answered. */
  decide?: ((decision: ApprovalDecision) => void) | undefined;
}

/** The tool calls of one run that wait for a user. Each decision counts once, for the call that was shown. */
export class Decisions {
  readonly #open = new Map<string, Question>();

  /** Follows what the agent asks and what has been decided. */
  see(event: RunEvent): void {
    if (event.type === "approval_request") this.#open.set(event.callId, createQuestion());
    if (event.type === "approval_done") this.#open.delete(event.callId);
  }

  /** The decision on a call; rejects when it was not asked for, or when `signal` aborts. */
  wait(callId: string, signal: AbortSignal): Promise<ApprovalDecision> {
    const question = this.#open.get(callId);
    if (!question) return Promise.reject(new TypeError(`the agent did not ask for a decision on ${callId}`));
    return Promise.race([question.answer, aborted(signal)]);
  }

  /** False when no such call waits: it was decided on, or its run is over. */
  decide(callId: string, decision: ApprovalDecision): boolean {
    const question = this.#open.get(callId);
    if (!question?.decide) return false;
    question.decide(decision);
    // The answer stays: the agent may ask for it only now.
    question.decide = undefined;
    return true;
  }
}

function createQuestion(): Question {
  let decide: Question["decide"];
  const answer = new Promise<ApprovalDecision>((resolve) => {
    decide = resolve;
  });
  return { answer, decide };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const refuse = () => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) refuse();
    else signal.addEventListener("abort", refuse, { once: true });
  });
}
