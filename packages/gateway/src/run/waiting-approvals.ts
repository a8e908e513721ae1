import type { RecordedEvent, WaitingApproval } from "@mini-openclaw/protocol";

/** The tool calls of all sessions that wait for a user's decision. */
export class WaitingApprovals {
  /** The waiting calls, oldest first, by session. */
  readonly #waiting = new Map<string, readonly WaitingApproval[]>();

  /** Returns true if a call of the session waits. */
  has(sessionId: string): boolean {
    return this.#waiting.has(sessionId);
  }

  /** Returns the waiting calls, by session. */
  list(): [sessionId: string, waiting: readonly WaitingApproval[]][] {
    return [...this.#waiting];
  }

  /** Follows recorded events. Returns the sessions that began or ceased to wait. */
  follow(recorded: readonly RecordedEvent[]): string[] {
    const isRequest = ({ event }: RecordedEvent) => event.type === "approval_request";
    // Nearly always: pieces of an answer, and nobody waits.
    if (this.#waiting.size === 0 && !recorded.some(isRequest)) return [];
    return recorded.flatMap(({ event }) => {
      const { sessionId } = event;
      const before = this.has(sessionId);
      if (event.type === "approval_request") {
        const { type: _, ...call } = event;
        this.#set(sessionId, [...this.of(sessionId), call]);
      } else if (before && (event.type === "approval_done" || event.type === "run_end")) {
        const callId = event.type === "approval_done" ? event.callId : undefined;
        const goesOn = (call: WaitingApproval) =>
          call.runId !== event.runId || (callId !== undefined && call.callId !== callId);
        this.#set(sessionId, this.of(sessionId).filter(goesOn));
      }
      return this.has(sessionId) === before ? [] : [sessionId];
    });
  }

  /** Returns the waiting calls of a session. */
  of(sessionId: string): readonly WaitingApproval[] {
    return this.#waiting.get(sessionId) ?? [];
  }

  #set(sessionId: string, waiting: readonly WaitingApproval[]): void {
    if (waiting.length > 0) this.#waiting.set(sessionId, waiting);
    else this.#waiting.delete(sessionId);
  }
}
