import type { ApprovalDecision, RunEvent } from "../session/events.ts";
import type { Message, UserMessage } from "../session/messages.ts";

/** Runs the agent on a session's messages. Stores nothing, knows no socket. */
export interface AgentRunner {
  /**
   * One run: `run_start` first, exactly one `run_end` last, `message_done` just before it. Each
   * event is recorded before the next is asked for. One `assistant_message` per turn, before its
   * first `tool_start`. After `signal` aborts it ends within 5 s with outcome `aborted`.
   */
  run(input: AgentInput): AsyncIterable<RunEvent>;
  /** How many of a session's newest messages a run wants to be given. @default 50 */
  readonly neededMessages?: number;
}

export interface AgentInput {
  sessionId: string;
  runId: string;
  /** The newest messages of the session, oldest first; the new user message is the last. */
  messages: readonly Message[];
  signal: AbortSignal;
  /**
   * What the session's earlier runs have cost, in US dollars, as far as that is known: the
   * `costUsd` of its meta. An agent with a limit for sessions counts it.
   * @default 0
   */
  sessionCostUsd?: number;
  /**
   * Hands over what users said meanwhile, oldest first, once each. Asked after a turn's tool
   * results, and before a run would end as `completed`; what it gives enters the run as
   * `user_message` events and goes to the model next.
   * @default nothing
   */
  takeSteering?: () => readonly UserMessage[];
  /**
   * A user's decision on the call of an `approval_request`. Rejects, or is not there, where nobody
   * can be asked: the call is denied then. No answer in the agent's time is a denial too.
   */
  decision?: (callId: string, options: { signal: AbortSignal }) => Promise<ApprovalDecision>;
}
