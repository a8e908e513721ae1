import type { RecordedEvent } from "@mini-openclaw/protocol";

/** The tool calls of all sessions that wait for a user's decision. */
export class WaitingApprovals {
  /** The ids of the waiting calls, by session and run. */
  readonly #waiting = new Map<string, Map<string, Set<string>>>();

  /** Returns true if a call of the session waits. */
  has(sessionId: string): boolean {
    return this.#waiting.has(sessionId);
  }

  /** Follows recorded events. Returns the sessions that began or ceased to wait. */
  follow(recorded: readonly RecordedEvent[]): string[] {
    return recorded.flatMap(({ event }) => {
      const { sessionId } = event;
      const before = this.has(sessionId);
      if (event.type === "approval_request") this.#runOf(sessionId, event.runId).add(event.callId);
      else if (before && event.type === "approval_done") this.#remove(sessionId, event.runId, event.callId);
      else if (before && event.type === "run_end") this.#remove(sessionId, event.runId);
      return this.has(sessionId) === before ? [] : [sessionId];
    });
  }

  #runOf(sessionId: string, runId: string): Set<string> {
    const runs = this.#waiting.get(sessionId) ?? new Map<string, Set<string>>();
    const calls = runs.get(runId) ?? new Set<string>();
    this.#waiting.set(sessionId, runs.set(runId, calls));
    return calls;
  }

  /** Removes one call of a run, or all of them. */
  #remove(sessionId: string, runId: string, callId?: string): void {
    const runs = this.#waiting.get(sessionId);
    const calls = runs?.get(runId);
    if (callId !== undefined) calls?.delete(callId);
    if (callId === undefined || calls?.size === 0) runs?.delete(runId);
    if (runs?.size === 0) this.#waiting.delete(sessionId);
  }
}
