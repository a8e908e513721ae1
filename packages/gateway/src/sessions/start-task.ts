import type {
  ApprovalDecision,
  SessionEvent,
  SessionStore,
  StartedTask,
  TaskRequest,
} from "@mini-openclaw/protocol";
import type { RunResult } from "../run/run-types.ts";
import type { SessionQueues } from "./session-queues.ts";

export interface TaskDeps {
  store: Pick<SessionStore, "createSession" | "getSession">;
  queues: Pick<SessionQueues, "submit" | "abort" | "approve" | "hasRun">;
}

/** The run whose tool call starts a sub-agent. */
interface ParentRun {
  sessionId: string;
  runId: string;
}

/** Returns the key of the sub-agents' sessions. No list of chats has this key. */
export function taskKey(sessionId: string): string {
  return `task:${sessionId}`;
}

/**
 * Starts a sub-agent in a session of its own, with the owner of the parent's session. It ends when
 * the signal aborts. Resolves when the instruction is saved.
 *
 * @throws GatewayError `DRAINING`, or the store's error
 */
export async function startTask(
  { store, queues }: TaskDeps,
  parent: ParentRun,
  { callId, content, signal, decide }: TaskRequest,
): Promise<StartedTask> {
  signal.throwIfAborted();
  const { owner } = (await store.getSession(parent.sessionId)) ?? {};
  const { sessionId } = await store.createSession(taskKey(parent.sessionId), {
    parent: { sessionId: parent.sessionId, callId },
    ...(owner !== undefined && { owner }),
  });
  const approvals = new TaskApprovals(decide, (...decided) => queues.approve(sessionId, ...decided));
  const { runId, ended } = await queues.submit(sessionId, { content }, undefined, {
    parentRunId: parent.runId,
    follow: (event) => approvals.follow(event),
  });
  const stop = () => {
    if (queues.hasRun(sessionId, runId)) queues.abort(sessionId, runId);
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  // A run that was just added always has an end.
  const result = (ended as Promise<RunResult>).finally(() => signal.removeEventListener("abort", stop));
  result.catch(() => undefined);
  return { sessionId, ended: result };
}

/**
 * Asks the user of the parent's session for the approvals of a sub-agent, one at a time. The first
 * decision counts, in whichever session it is made.
 */
class TaskApprovals {
  readonly #decide: TaskRequest["decide"];
  readonly #approve: (callId: string, decision: ApprovalDecision) => void;
  /** Functions that pass on a decision which was made in the sub-agent's session. */
  readonly #open = new Map<string, (decision: ApprovalDecision) => void>();
  #asking = Promise.resolve();

  constructor(decide: TaskRequest["decide"], approve: (callId: string, decision: ApprovalDecision) => void) {
    this.#decide = decide;
    this.#approve = approve;
  }

  follow(event: SessionEvent): void {
    if (event.type === "approval_request") this.#add(event.callId, event.reason);
    else if (event.type === "approval_done") this.#close(event.callId, event.decision);
    else if (event.type === "run_end")
      for (const callId of [...this.#open.keys()]) this.#close(callId, "deny");
  }

  #add(callId: string, reason: string): void {
    const elsewhere = new Promise<ApprovalDecision>((resolve) => this.#open.set(callId, resolve));
    this.#asking = this.#asking.then(() => this.#ask(callId, reason, elsewhere));
  }

  #close(callId: string, decision: ApprovalDecision): void {
    this.#open.get(callId)?.(decision);
    this.#open.delete(callId);
  }

  /** Never rejects. */
  async #ask(callId: string, reason: string, elsewhere: Promise<ApprovalDecision>): Promise<void> {
    if (!this.#open.has(callId)) return;
    const decision = await this.#decided(reason, elsewhere);
    if (!this.#open.has(callId)) return;
    try {
      this.#approve(callId, decision);
    } catch {
      // A user decided in the sub-agent's session at the same moment.
    }
  }

  /** Returns the agent's decision. One that fails, or that is none, denies the call. */
  async #decided(reason: string, elsewhere: Promise<ApprovalDecision>): Promise<ApprovalDecision> {
    try {
      const decision = await this.#decide(reason, elsewhere);
      return decision === "once" || decision === "session" ? decision : "deny";
    } catch {
      return "deny";
    }
  }
}
