import type { WaitingApproval } from "@mini-openclaw/protocol";
import type { SessionState } from "./requests.ts";

/** The sessions that run or wait on other nodes, as those nodes last notified this one. */
export class OtherNodes {
  readonly #nodes = new Map<string, Map<string, SessionState>>();

  isRunning(sessionId: string): boolean {
    return this.#states(sessionId).some(({ running }) => running);
  }

  /** Returns true if a tool call of the session waits for a decision. */
  awaitsApproval(sessionId: string): boolean {
    return this.#states(sessionId).some(({ waiting }) => waiting.length > 0);
  }

  /** Returns the waiting calls, by session. */
  approvals(): [sessionId: string, waiting: readonly WaitingApproval[]][] {
    return [...this.#nodes.values()].flatMap((sessions) =>
      [...sessions.values()].flatMap(({ sessionId, waiting }) =>
        waiting.length > 0 ? [[sessionId, waiting] as [string, readonly WaitingApproval[]]] : [],
      ),
    );
  }

  set(node: string, state: SessionState): void {
    const sessions = this.#nodes.get(node) ?? new Map<string, SessionState>();
    this.#nodes.set(node, sessions);
    if (state.running || state.waiting.length > 0) sessions.set(state.sessionId, state);
    else sessions.delete(state.sessionId);
  }

  /** Replaces all sessions of a node. Returns the sessions whose state may have changed. */
  replace(node: string, states: readonly SessionState[]): string[] {
    const before = this.remove(node);
    for (const state of states) this.set(node, state);
    return [...new Set([...before, ...states.map(({ sessionId }) => sessionId)])];
  }

  /** Removes a node. Returns its sessions. */
  remove(node: string): string[] {
    const before = [...(this.#nodes.get(node)?.keys() ?? [])];
    this.#nodes.delete(node);
    return before;
  }

  #states(sessionId: string): SessionState[] {
    return [...this.#nodes.values()].flatMap((sessions) => sessions.get(sessionId) ?? []);
  }
}
